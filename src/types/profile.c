/*
 * profile.c
 *		The SQL type mlops.profile: input, output, and opening a value for reading.
 */
#include "types/profile.h"

#include <math.h>

#include "kernel/summary/hash.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "types/profile_work.h"

MLOPS_FUNCTION(mlops_profile_in);
MLOPS_FUNCTION(mlops_profile_out);
MLOPS_FUNCTION(mlops_profile_recv);
MLOPS_FUNCTION(mlops_profile_send);

/* Unpack canonical bytes into palloc'd memory; NULL if they are not canonical. */
static mlops_profile_content *
unpack(const uint8_t *bytes, size_t size)
{
	mlops_profile_content *c = palloc0(sizeof(*c));

	if (mlops_profile_inspect(bytes, size, c) != MLOPS_OK)
		return NULL;
	c->entries = palloc(sizeof(mlops_freq) * Max(c->nentries, 1));
	c->kll = c->exact || c->kind == MLOPS_PROFILE_TEXT ? NULL : palloc(sizeof(mlops_kll));
	c->registers = c->exact ? NULL : palloc(MLOPS_HLL_M);
	return mlops_profile_decode(bytes, size, c) == MLOPS_OK ? c : NULL;
}

static void
release(mlops_profile_content *c)
{
	pfree(c->entries);
	if (c->kll)
		pfree(c->kll);
	if (c->registers)
		pfree(c->registers);
	pfree(c);
}

/* Bytes from a client: are they a profile, with labels in the database's encoding? */
static bool
acceptable(const uint8_t *bytes, size_t size)
{
	mlops_profile_content *c = unpack(bytes, size);
	bool		valid = c != NULL;

	for (uint32 i = 0; valid && c->kind == MLOPS_PROFILE_TEXT && i < c->nentries; i++)
		valid = pg_verifymbstr(c->entries[i].label, (int) c->entries[i].label_len, true);
	if (c != NULL)
		release(c);
	return valid;
}

static struct varlena *
from_bytes(const uint8_t *bytes, size_t size)
{
	struct varlena *v = palloc(VARHDRSZ + size);

	SET_VARSIZE(v, VARHDRSZ + size);
	memcpy(VARDATA(v), bytes, size);
	return v;
}

/* The canonical form of a datum of either form. */
static struct varlena *
canonical(Datum datum)
{
	struct varlena *v = PG_DETOAST_DATUM(datum);

	return mlops_is_work(v) ? mlops_work_finish((mlops_profile_work *) v) : v;
}

/* profile_in(cstring): kind, colon, canonical bytes in hexadecimal. */
Datum
mlops_profile_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	size_t		length = strlen(text);
	uint8_t    *bytes = palloc(length / 2 + 1);
	size_t		size;

	if (length > 2 * MLOPS_PROFILE_MAX_BYTES + 32 ||
		mlops_profile_from_text(text, length, bytes, &size) != MLOPS_OK ||
		!acceptable(bytes, size))
		MLOPS_ERETURN(fcinfo, (Datum) 0,
					  (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					   errmsg("invalid input syntax for type mlops.profile"),
					   errdetail("A profile is written as its kind, a colon and its bytes in hexadecimal (format version %d).",
								 MLOPS_PROFILE_VERSION),
					   errhint("Make a profile with the aggregate mlops.profile(), of a column cast to float8, text, boolean or timestamptz.")));
	PG_RETURN_POINTER(from_bytes(bytes, size));
}

/* profile_out(profile) */
Datum
mlops_profile_out(PG_FUNCTION_ARGS)
{
	struct varlena *v = canonical(PG_GETARG_DATUM(0));
	const uint8_t *bytes = (const uint8_t *) VARDATA(v);
	size_t		size = VARSIZE(v) - VARHDRSZ;
	char	   *text;

	if (size < 4 || mlops_profile_kind_name(bytes[1]) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("value of type mlops.profile is corrupt")));
	text = palloc(mlops_profile_text_size(size, bytes[1]) + 1);
	mlops_profile_to_text(bytes, size, text);
	PG_RETURN_CSTRING(text);
}

/* profile_recv(internal): the canonical bytes, which begin with the version. */
Datum
mlops_profile_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			size = buf->len - buf->cursor;
	const char *bytes = pq_getmsgbytes(buf, size);

	if (!acceptable((const uint8_t *) bytes, (size_t) size))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("the bytes are not a value of type mlops.profile"),
				 errdetail("They must be a profile of format version %d.", MLOPS_PROFILE_VERSION)));
	PG_RETURN_POINTER(from_bytes((const uint8_t *) bytes, (size_t) size));
}

/* profile_send(profile) */
Datum
mlops_profile_send(PG_FUNCTION_ARGS)
{
	struct varlena *v = canonical(PG_GETARG_DATUM(0));
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbytes(&buf, VARDATA(v), VARSIZE(v) - VARHDRSZ);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

static int
by_value(const void *a, const void *b)
{
	double		x = ((const mlops_profile_point *) a)->value;
	double		y = ((const mlops_profile_point *) b)->value;

	return (x > y) - (x < y);
}

/* Points of the distribution function: each item with its weight, summed up. */
static void
make_points(mlops_profile_view *view, const mlops_profile_content *c)
{
	mlops_profile_point *p;
	int			n = 0;
	int			kept = 0;
	uint64		sum = 0;

	p = palloc(sizeof(*p) * Max(c->exact ? c->nentries : c->kll->total, 1));
	if (c->exact)
		for (; n < (int) c->nentries; n++)
			p[n] = (mlops_profile_point) {mlops_bits_double(c->entries[n].key), c->entries[n].lower};
	else
	{
		for (uint32 h = c->kll->nlevels; h-- > 0;)
			for (uint32 i = 0; i < c->kll->count[h]; i++, n++)
				p[n] = (mlops_profile_point) {c->kll->item[n], (uint64) 1 << h};
		qsort(p, n, sizeof(*p), by_value);
	}
	for (int i = 0; i < n; i++)
	{
		sum += p[i].upto;
		if (kept > 0 && p[kept - 1].value == p[i].value)
			kept--;
		p[kept].value = p[i].value;
		p[kept++].upto = sum;
	}
	view->points = p;
	view->npoints = kept;
}

/* Most frequent first; ties in the order of the values. */
static int
by_count(const void *a, const void *b)
{
	const mlops_profile_value *x = a;
	const mlops_profile_value *y = b;

	if (x->lower != y->lower)
		return x->lower > y->lower ? -1 : 1;
	/* the array was in the order of the values, and labels lie in that order */
	if (x->label != NULL)
		return (x->label > y->label) - (x->label < y->label);
	return (x->number > y->number) - (x->number < y->number);
}

static void
make_values(mlops_profile_view *view, const mlops_profile_content *c)
{
	bool		text = c->kind == MLOPS_PROFILE_TEXT;
	/* no value that was drawn stood for more than this */
	uint64		weight = (uint64) 1 << mlops_kll_sample_level(view->n);

	view->values = palloc(sizeof(mlops_profile_value) * Max(c->nentries, 1));
	view->nvalues = (int) c->nentries;
	for (uint32 i = 0; i < c->nentries; i++)
	{
		const mlops_freq *e = &c->entries[i];
		mlops_profile_value *v = &view->values[i];
		double		margin = 0;

		if (view->sampled)
			margin = mlops_freq_sampling_error(e->lower + e->err, view->n, c->kll->sampling,
											   (uint64) 1 << MLOPS_SAMPLE_LEVEL);
		*v = (mlops_profile_value) {
			.number = text ? 0 : mlops_bits_double(e->key),
			.label = text ? e->label : NULL,
			.label_len = e->label_len, .cut = e->cut, .hash = text ? e->key : 0
		};
		v->lower = margin < e->lower ? e->lower - (uint64) margin : 0;
		v->upper = Min(e->lower + e->err + (uint64) ceil(margin), view->n);
	}
	qsort(view->values, view->nvalues, sizeof(mlops_profile_value), by_count);
	view->absent = c->absent;
	if (view->sampled)
	{
		double		margin = mlops_freq_sampling_error(c->absent, view->n, c->kll->sampling, weight);

		view->absent = Min(view->n, c->absent + (uint64) ceil(margin));
	}
}

/* mlops_profile_open: see profile.h */
mlops_profile_view *
mlops_profile_open(Datum datum)
{
	struct varlena *v = canonical(datum);
	mlops_profile_content *c = unpack((const uint8_t *) VARDATA(v), VARSIZE(v) - VARHDRSZ);
	mlops_profile_view *view = palloc0(sizeof(*view));

	if (c == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("value of type mlops.profile is corrupt")));
	view->kind = c->kind;
	view->nulls = c->core.nulls;
	view->nan = c->core.nan;
	view->pos_inf = c->core.pos_inf;
	view->neg_inf = c->core.neg_inf;
	view->zeros = c->core.zeros;
	view->n = c->core.m.n;
	view->rows = view->nulls + view->nan + view->pos_inf + view->neg_inf + view->n;
	view->m = c->core.m;
	view->exact = c->exact;
	view->sampled = c->kll != NULL && c->kll->sampling > 0;
	view->distinct = c->exact ? c->nentries : Min(mlops_hll_estimate(c->registers), (double) view->n);
	view->distinct_error = c->exact ? 0 : MLOPS_HLL_ERROR;
	view->rank_error = c->kll == NULL ? 0 : mlops_kll_rank_error(c->kll);
	if (c->kind != MLOPS_PROFILE_TEXT)
		make_points(view, c);
	make_values(view, c);
	return view;
}

/* mlops_profile_cdf: see profile.h */
double
mlops_profile_cdf(const mlops_profile_view *view, double x)
{
	int			lo = 0;
	int			hi = view->npoints;

	if (view->npoints == 0 || isnan(x))
		return NAN;
	if (x >= view->m.max)
		return 1;
	if (x < view->m.min)
		return 0;
	while (lo < hi)
	{
		int			mid = (lo + hi) / 2;

		if (view->points[mid].value <= x)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo == 0 ? 0 : (double) view->points[lo - 1].upto / (double) view->n;
}

/* mlops_profile_quantile: see profile.h */
double
mlops_profile_quantile(const mlops_profile_view *view, double q)
{
	double		rank = ceil(q * (double) view->n);
	int			lo = 0;
	int			hi = view->npoints - 1;

	if (view->npoints == 0)
		return NAN;
	if (q <= 0)
		return view->m.min;
	if (q >= 1)
		return view->m.max;
	while (lo < hi)
	{
		int			mid = (lo + hi) / 2;

		if ((double) view->points[mid].upto >= rank)
			hi = mid;
		else
			lo = mid + 1;
	}
	return view->points[lo].value;
}
