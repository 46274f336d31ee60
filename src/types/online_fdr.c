/*
 * online_fdr.c
 *		mlops.online_fdr: input and output, constructor, tests, accessors.
 */
#include "compat.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "types/online_fdr_codec.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

MLOPS_FUNCTION(mlops_online_fdr_in);
MLOPS_FUNCTION(mlops_online_fdr_out);
MLOPS_FUNCTION(mlops_online_fdr_recv);
MLOPS_FUNCTION(mlops_online_fdr_send);
MLOPS_FUNCTION(mlops_online_fdr_create);
MLOPS_FUNCTION(mlops_online_fdr_update);
MLOPS_FUNCTION(mlops_online_fdr_run);
MLOPS_FUNCTION(mlops_online_fdr_test);
MLOPS_FUNCTION(mlops_online_fdr_alpha_level);
MLOPS_FUNCTION(mlops_online_fdr_tests);
MLOPS_FUNCTION(mlops_online_fdr_rejections);
MLOPS_FUNCTION(mlops_online_fdr_last_level);
MLOPS_FUNCTION(mlops_online_fdr_last_rejected);
MLOPS_FUNCTION(mlops_online_fdr_to_jsonb);

static const mlops_online_fdr *
from_datum(Datum d)
{
	const mlops_online_fdr *f = (const mlops_online_fdr *) PG_DETOAST_DATUM(d);

	if (VARSIZE(f) < sizeof(mlops_online_fdr) || f->version != MLOPS_ONLINE_FDR_VERSION ||
		f->stream.runs > MLOPS_ONLINE_FDR_MAX_RUNS || VARSIZE(f) != mlops_online_fdr_size(f->stream.runs))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored value of type mlops.online_fdr is damaged")));
	return f;
}

#define PG_GETARG_ONLINE_FDR(n) from_datum(PG_GETARG_DATUM(n))

/* online_fdr_in(cstring): the text of online_fdr_codec.c */
Datum
mlops_online_fdr_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	mlops_scanner s;
	size_t		size = 0;
	mlops_online_fdr *f = NULL;
	const char *why;

	mlops_scanner_init(&s, text, strlen(text));
	why = mlops_online_fdr_scan_size(s, &size);
	if (why == NULL)
	{
		f = palloc(size);
		why = mlops_online_fdr_scan(&s, f);
	}
	if (why != NULL)
		MLOPS_ERETURN(fcinfo, (Datum) 0,
					  (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					   errmsg("invalid input syntax for type %s", "mlops.online_fdr"),
					   errdetail("In the value, %s.", why)));
	SET_VARSIZE(f, size);
	PG_RETURN_POINTER(f);
}

/* online_fdr_out(online_fdr): text that reads back as the same value */
Datum
mlops_online_fdr_out(PG_FUNCTION_ARGS)
{
	const mlops_online_fdr *f = PG_GETARG_ONLINE_FDR(0);
	mlops_writer w;
	char	   *text;

	mlops_writer_init(&w, NULL, 0);
	mlops_online_fdr_print(&w, f);
	text = palloc(w.used + 1);
	mlops_writer_init(&w, text, w.used);
	mlops_online_fdr_print(&w, f);
	text[w.used] = '\0';
	PG_RETURN_CSTRING(text);
}

/* online_fdr_recv(internal): the bytes of online_fdr_codec.c */
Datum
mlops_online_fdr_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			left = buf->len - buf->cursor;
	mlops_reader r;
	size_t		size = 0;
	mlops_online_fdr *f = NULL;
	const char *why;

	mlops_reader_init(&r, pq_getmsgbytes(buf, left), left);
	why = mlops_online_fdr_read_size(r, &size);
	if (why == NULL)
	{
		f = palloc(size);
		why = mlops_online_fdr_read(&r, f);
	}
	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid external \"%s\" value", "mlops.online_fdr"),
				 errdetail("In the value, %s.", why)));
	SET_VARSIZE(f, size);
	PG_RETURN_POINTER(f);
}

/* online_fdr_send(online_fdr) */
Datum
mlops_online_fdr_send(PG_FUNCTION_ARGS)
{
	const mlops_online_fdr *f = PG_GETARG_ONLINE_FDR(0);
	mlops_writer w;
	bytea	   *result;

	mlops_writer_init(&w, NULL, 0);
	mlops_online_fdr_write(&w, f);
	result = palloc(VARHDRSZ + w.used);
	SET_VARSIZE(result, VARHDRSZ + w.used);
	mlops_writer_init(&w, VARDATA(result), w.used);
	mlops_online_fdr_write(&w, f);
	PG_RETURN_BYTEA_P(result);
}

/* Argument n, in *value; NULL if it is NULL. */
static const double *
get_parameter(FunctionCallInfo fcinfo, int n, double *value)
{
	if (PG_ARGISNULL(n))
		return NULL;
	*value = PG_GETARG_FLOAT8(n);
	return value;
}

/* online_fdr(method, alpha, w0, lambda, tau): a state before its first test */
Datum
mlops_online_fdr_create(PG_FUNCTION_ARGS)
{
	const char *name = PG_ARGISNULL(0) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(0));
	uint32_t	method = name == NULL ? 0 : mlops_online_method_by_name(name);
	mlops_online_fdr *f = palloc(sizeof(mlops_online_fdr));
	double		value[3];
	const char *why;

	if (name == NULL || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("method and alpha must not be null"),
				 errhint("Leave an argument out to have its default.")));
	if (method == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown online method \"%s\"", name),
				 errhint("Methods are lord++, saffron and addis.")));
	why = mlops_online_fdr_begin(f, method, PG_GETARG_FLOAT8(1), get_parameter(fcinfo, 2, &value[0]),
								 get_parameter(fcinfo, 3, &value[1]), get_parameter(fcinfo, 4, &value[2]));
	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid parameter of %s", mlops_online_method_name(method)),
				 errdetail("Here, %s.", why),
				 errhint("Leave w0, lambda and tau out to have the method's defaults.")));
	SET_VARSIZE(f, sizeof(mlops_online_fdr));
	PG_RETURN_POINTER(f);
}

/* A copy of the state with room for more runs. */
typedef struct growing
{
	mlops_online_fdr *f;
	uint32_t	capacity;
} growing;

static growing
begin_tests(const mlops_online_fdr *f, uint32_t more)
{
	growing		g;

	g.capacity = Min(f->stream.runs + more, MLOPS_ONLINE_FDR_MAX_RUNS);
	g.f = palloc(mlops_online_fdr_size(g.capacity));
	memcpy(g.f, f, mlops_online_fdr_size(f->stream.runs));
	return g;
}

static Datum
end_tests(growing *g)
{
	SET_VARSIZE(g->f, mlops_online_fdr_size(g->f->stream.runs));
	return PointerGetDatum(g->f);
}

static void
test_one(growing *g, double p)
{
	mlops_online_stream *s = &g->f->stream;
	mlops_status status;

	CHECK_FOR_INTERRUPTS();
	if (s->runs == g->capacity && g->capacity < MLOPS_ONLINE_FDR_MAX_RUNS)
	{
		g->capacity = Min(g->capacity * 2 + 8, MLOPS_ONLINE_FDR_MAX_RUNS);
		g->f = repalloc(g->f, mlops_online_fdr_size(g->capacity));
		s = &g->f->stream;
	}
	status = mlops_online_test(s, g->f->run, g->capacity, p);
	if (status == MLOPS_DOMAIN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a p-value must be between 0 and 1"),
				 errhint("Use NULL where there is no p-value: nothing is tested then.")));
	if (status != MLOPS_OK)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("online FDR state is full"),
				 errdetail("It can hold %d runs of rejections and count 2^53 tests.", MLOPS_ONLINE_FDR_MAX_RUNS),
				 errhint("Begin a new state with mlops.online_fdr(): its guarantee is for its own tests.")));
}

/* online_fdr_update(online_fdr, p): the state after testing p, the same state if p is NULL */
Datum
mlops_online_fdr_update(PG_FUNCTION_ARGS)
{
	growing		g;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1))
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	g = begin_tests(PG_GETARG_ONLINE_FDR(0), 1);
	test_one(&g, PG_GETARG_FLOAT8(1));
	PG_RETURN_DATUM(end_tests(&g));
}

/* online_fdr_run(online_fdr, float8[]): the state after testing all, in the order of the array */
Datum
mlops_online_fdr_run(PG_FUNCTION_ARGS)
{
	growing		g = begin_tests(PG_GETARG_ONLINE_FDR(0), 8);
	ArrayIterator it = array_create_iterator(PG_GETARG_ARRAYTYPE_P(1), 0, NULL);
	Datum		p;
	bool		isnull;

	while (array_iterate(it, &p, &isnull))
		if (!isnull)
			test_one(&g, DatumGetFloat8(p));
	array_free_iterator(it);
	PG_RETURN_DATUM(end_tests(&g));
}

/* online_fdr_test(online_fdr, float8[]): one row an element, what it was tested at and the decision */
Datum
mlops_online_fdr_test(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	growing		g;
	ArrayIterator it;
	Datum		p;
	bool		isnull;
	int64		i = 0;

	InitMaterializedSRF(fcinfo, 0);
	g = begin_tests(PG_GETARG_ONLINE_FDR(0), 8);
	it = array_create_iterator(PG_GETARG_ARRAYTYPE_P(1), 0, NULL);
	while (array_iterate(it, &p, &isnull))
	{
		Datum		value[4] = {Int64GetDatum(++i), p};
		bool		null[4] = {false, isnull, isnull, isnull};

		if (!isnull)
		{
			test_one(&g, DatumGetFloat8(p));
			value[2] = Float8GetDatum(g.f->stream.last_level);
			value[3] = BoolGetDatum(g.f->stream.last_rejected != 0);
		}
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, null);
	}
	array_free_iterator(it);
	return (Datum) 0;
}

/* alpha_level(online_fdr): the level of the next test */
Datum
mlops_online_fdr_alpha_level(PG_FUNCTION_ARGS)
{
	const mlops_online_fdr *f = PG_GETARG_ONLINE_FDR(0);

	PG_RETURN_FLOAT8(mlops_online_level(&f->stream, f->run));
}

Datum
mlops_online_fdr_tests(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_ONLINE_FDR(0)->stream.tests);
}

Datum
mlops_online_fdr_rejections(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_ONLINE_FDR(0)->stream.rejections);
}

/* last_level(online_fdr): NULL before the first test */
Datum
mlops_online_fdr_last_level(PG_FUNCTION_ARGS)
{
	const mlops_online_fdr *f = PG_GETARG_ONLINE_FDR(0);

	if (f->stream.tests == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(f->stream.last_level);
}

/* last_rejected(online_fdr): NULL before the first test */
Datum
mlops_online_fdr_last_rejected(PG_FUNCTION_ARGS)
{
	const mlops_online_fdr *f = PG_GETARG_ONLINE_FDR(0);

	if (f->stream.tests == 0)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(f->stream.last_rejected != 0);
}

static void
json_number(StringInfo buf, const char *name, double value)
{
	char		number[MLOPS_FLOAT_TEXT_SIZE];

	mlops_format_float(value, number);
	appendStringInfo(buf, ", \"%s\": %s", name, number);
}

/* to_jsonb(online_fdr): parameters, counts, the last decision and the next level, for people */
Datum
mlops_online_fdr_to_jsonb(PG_FUNCTION_ARGS)
{
	const mlops_online_fdr *f = PG_GETARG_ONLINE_FDR(0);
	const mlops_online_stream *s = &f->stream;
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "{\"method\": \"%s\"", mlops_online_method_name(s->method));
	json_number(&buf, "alpha", s->alpha);
	json_number(&buf, "w0", s->w0);
	if (s->lambda > 0)
		json_number(&buf, "lambda", s->lambda);
	if (s->tau > 0)
		json_number(&buf, "tau", s->tau);
	appendStringInfo(&buf, ", \"tests\": " INT64_FORMAT ", \"rejections\": " INT64_FORMAT,
					 (int64) s->tests, (int64) s->rejections);
	if (s->tests > 0)
	{
		json_number(&buf, "last_level", s->last_level);
		appendStringInfo(&buf, ", \"last_rejected\": %s", s->last_rejected ? "true" : "false");
	}
	json_number(&buf, "alpha_level", mlops_online_level(s, f->run));
	appendStringInfoChar(&buf, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data));
}
