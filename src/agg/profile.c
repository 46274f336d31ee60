/*
 * profile.c
 *		Aggregates profile(float8 | text | boolean | timestamptz) and
 *		merge(profile): transition, combine and final functions.
 *
 * The transition value is a mlops.profile: the canonical bytes of an empty one
 * at first (the aggregate's initial condition, so that no rows give an empty
 * profile and not NULL), the working form from the first row on.
 */
#include "compat.h"

#include "nodes/nodes.h"
#include "types/profile_work.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

MLOPS_FUNCTION(mlops_profile_accum_float8);
MLOPS_FUNCTION(mlops_profile_accum_text);
MLOPS_FUNCTION(mlops_profile_accum_bpchar);
MLOPS_FUNCTION(mlops_profile_accum_boolean);
MLOPS_FUNCTION(mlops_profile_accum_timestamptz);
MLOPS_FUNCTION(mlops_profile_combine);
MLOPS_FUNCTION(mlops_profile_final);

/* The state is changed in place: outside of an aggregate it would be a stored value. */
static inline void
require_aggregate(FunctionCallInfo fcinfo)
{
	if (unlikely(fcinfo->context == NULL ||
				 !(IsA(fcinfo->context, AggState) || IsA(fcinfo->context, WindowAggState))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a support function of mlops.profile() was called outside of an aggregate"),
				 errhint("Call mlops.profile() or mlops.merge().")));
}

/* The working form of the transition value, of the right kind. */
static inline mlops_profile_work *
state_of(FunctionCallInfo fcinfo, int kind)
{
	void	   *state;

	require_aggregate(fcinfo);
	if (unlikely(PG_ARGISNULL(0)))
		return mlops_work_new(kind, 0);
	state = DatumGetPointer(PG_GETARG_DATUM(0));
	if (unlikely(!mlops_is_work(state)))
		state = mlops_work_load(PG_GETARG_DATUM(0));
	if (unlikely(((mlops_profile_work *) state)->kind != (uint32) kind))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the transition value is a profile of another kind")));
	return state;
}

/* Put a value into the buffer; returns the state, which may have moved. */
static inline mlops_profile_work *
push(mlops_profile_work *w, double x)
{
	if (unlikely(w->nbuffer == w->shape.buffer))
	{
		mlops_work_ref ref = {.w = w, .own = w};

		if (w->nbuffer == MLOPS_BATCH)
			mlops_work_flush(&ref);
		else
			mlops_work_grow_buffer(&ref);
		w = ref.w;
	}
	MLOPS_WORK_BUFFER(w)[w->nbuffer++] = x;
	return w;
}

/* profile_accum(profile, float8) */
Datum
mlops_profile_accum_float8(PG_FUNCTION_ARGS)
{
	mlops_profile_work *w = state_of(fcinfo, MLOPS_PROFILE_FLOAT8);

	if (PG_ARGISNULL(1))
		w->core.nulls++;
	else
		w = push(w, PG_GETARG_FLOAT8(1));
	PG_RETURN_POINTER(w);
}

/* profile_accum(profile, boolean): true is 1, false is 0. */
Datum
mlops_profile_accum_boolean(PG_FUNCTION_ARGS)
{
	mlops_profile_work *w = state_of(fcinfo, MLOPS_PROFILE_BOOLEAN);

	if (PG_ARGISNULL(1))
		w->core.nulls++;
	else
		w = push(w, PG_GETARG_BOOL(1) ? 1.0 : 0.0);
	PG_RETURN_POINTER(w);
}

/* profile_accum(profile, timestamptz) */
Datum
mlops_profile_accum_timestamptz(PG_FUNCTION_ARGS)
{
	mlops_profile_work *w = state_of(fcinfo, MLOPS_PROFILE_TIMESTAMPTZ);

	if (PG_ARGISNULL(1))
		w->core.nulls++;
	else
		w = push(w, mlops_profile_time(PG_GETARG_TIMESTAMPTZ(1)));
	PG_RETURN_POINTER(w);
}

/* Count a string and put its length into the buffer. */
static mlops_profile_work *
accum_text(FunctionCallInfo fcinfo, bool padded)
{
	mlops_profile_work *w = state_of(fcinfo, MLOPS_PROFILE_TEXT);

	if (PG_ARGISNULL(1))
		w->core.nulls++;
	else
	{
		mlops_work_ref ref = {.w = w, .own = w};
		struct varlena *t = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(1));
		char	   *s = VARDATA_ANY(t);
		int			len = VARSIZE_ANY_EXHDR(t);

		if (padded)
			len = bpchartruelen(s, len);
		mlops_work_add_text(&ref, s, len);
		w = push(ref.w, mlops_profile_text_length(s, len));
		if (w != ref.w && ref.w != ref.own)
			pfree(ref.w);
		if ((Pointer) t != DatumGetPointer(PG_GETARG_DATUM(1)))
			pfree(t);
	}
	return w;
}

/* profile_accum(profile, text) */
Datum
mlops_profile_accum_text(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(accum_text(fcinfo, false));
}

/* profile_accum(profile, character): without the blanks that fill it up */
Datum
mlops_profile_accum_bpchar(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(accum_text(fcinfo, true));
}

/*
 * profile_combine(profile, profile), strict: both may have come out of a
 * parallel worker with a short header, or be canonical.
 */
Datum
mlops_profile_combine(PG_FUNCTION_ARGS)
{
	mlops_work_ref ref;
	void	   *state = DatumGetPointer(PG_GETARG_DATUM(0));

	require_aggregate(fcinfo);
	ref.own = mlops_is_work(state) ? state : NULL;
	ref.w = ref.own ? ref.own : mlops_work_load(PG_GETARG_DATUM(0));
	mlops_work_merge(&ref, mlops_work_load(PG_GETARG_DATUM(1)));
	PG_RETURN_POINTER(ref.w);
}

/* profile_final(profile), strict: the canonical bytes; the state stays as it is. */
Datum
mlops_profile_final(PG_FUNCTION_ARGS)
{
	struct varlena *state = PG_DETOAST_DATUM(PG_GETARG_DATUM(0));

	if (mlops_is_work(state))
		PG_RETURN_POINTER(mlops_work_finish((mlops_profile_work *) state));
	PG_RETURN_POINTER(state);
}
