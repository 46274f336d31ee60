/*
 * fuzz_pca.c
 *		Hostile bytes and text for mlops.pca, and hostile moments to fit one to.
 *
 * First byte 0 or 1 (mod 3): binary or text input; whatever is accepted must survive both
 * round trips unchanged, and its errors are lengths.  2: moments as text; a model that
 * could be fitted to them is a value that is accepted.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "types/moments_codec.h"
#include "types/pca_codec.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) do { if (!(x)) abort(); } while (0)

static mlops_pca *
from_bytes(const uint8_t *data, size_t size)
{
	mlops_reader r;
	size_t		need = 0;
	mlops_pca  *p;

	mlops_reader_init(&r, data, size);
	if (mlops_pca_read_size(r, &need) != NULL)
		return NULL;
	p = malloc(need);
	if (mlops_pca_read(&r, p) != NULL || !mlops_reader_done(&r))
	{
		free(p);
		return NULL;
	}
	return p;
}

static mlops_pca *
from_text(const char *text, size_t size)
{
	mlops_scanner s;
	size_t		need = 0;
	mlops_pca  *p;

	mlops_scanner_init(&s, text, size);
	if (mlops_pca_scan_size(s, &need) != NULL)
		return NULL;
	p = malloc(need);
	if (mlops_pca_scan(&s, p) != NULL)
	{
		free(p);
		return NULL;
	}
	return p;
}

static void
round_trips(const mlops_pca *p)
{
	mlops_writer w;
	uint8_t    *buf;
	mlops_pca  *again;

	for (int text = 0; text < 2; text++)
	{
		void		(*put) (mlops_writer *, const mlops_pca *) = text ? mlops_pca_print : mlops_pca_write;

		mlops_writer_init(&w, NULL, 0);
		put(&w, p);
		buf = malloc(w.used);
		mlops_writer_init(&w, buf, w.used);
		put(&w, p);
		CHECK(!mlops_writer_full(&w));
		again = text ? from_text((const char *) buf, w.used) : from_bytes(buf, w.used);
		CHECK(again != NULL && memcmp(again, p, mlops_pca_size(p->variables, p->kept)) == 0);
		free(again);
		free(buf);
	}
}

static void
use(const mlops_pca *p)
{
	mlops_pca_view v = mlops_pca_view_of(p);
	double		x[MLOPS_COMOMENTS_MAX];
	double		residual[MLOPS_COMOMENTS_MAX];
	double		e;

	for (int i = 0; i < v.k; i++)
		x[i] = i % 2 ? v.mean[i] : i;
	e = mlops_pca_error(&v, x, residual);
	CHECK(isnan(e) || (e >= 0 && isfinite(e)));
	e = mlops_pca_own_mean_squares(&v, residual);
	CHECK(isnan(e) || e >= 0);
}

/* A model of these moments, made as the server makes it. */
static mlops_pca *
fitted(const mlops_moments *m)
{
	int			k = m->variables;
	mlops_pca  *p = calloc(1, mlops_pca_size(k, k));
	double	   *work = malloc((size_t) k * (k + 1) * sizeof(double));
	double		column[MLOPS_COMOMENTS_MAX];
	mlops_pca_view v;
	mlops_status status;

	p->version = MLOPS_PCA_VERSION;
	p->variables = (uint8_t) k;
	p->n = m->n;
	p->variance = 0.65;
	v = mlops_pca_view_of(p);
	status = mlops_pca_fit(&v, mlops_moments_mean(m), mlops_moments_comoment(m), work);
	p->kept = (uint8_t) v.kept;
	if (status == MLOPS_OK)
	{
		double		e = mlops_pca_mean_squares(&v, m->n, mlops_moments_mean(m), mlops_moments_comoment(m), column, work);

		CHECK(mlops_pca_check(p) == NULL);
		CHECK(isnan(e) || e >= 0);
	}
	free(work);
	if (status == MLOPS_OK)
		return p;
	free(p);
	return NULL;
}

static mlops_pca *
from_moments(const char *text, size_t size)
{
	mlops_scanner s;
	size_t		need = 0;
	mlops_moments *m;
	mlops_pca  *p = NULL;

	mlops_scanner_init(&s, text, size);
	if (mlops_moments_scan_size(s, &need) != NULL)
		return NULL;
	m = malloc(need);
	if (mlops_moments_scan(&s, m) == NULL && m->variables > 0)
		p = fitted(m);
	free(m);
	return p;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mlops_pca  *p;

	if (size < 1)
		return 0;
	if (data[0] % 3 == 2)
		p = from_moments((const char *) data + 1, size - 1);
	else
		p = data[0] % 3 ? from_text((const char *) data + 1, size - 1) : from_bytes(data + 1, size - 1);
	if (p != NULL)
	{
		round_trips(p);
		use(p);
		free(p);
	}
	return 0;
}
