/*
 * pca_codec.c
 *		Bytes and text of mlops.pca.  See pca_codec.h, doc/formats.md.
 */
#include "types/pca_codec.h"

#include <math.h>
#include <string.h>

#define ROUNDING 1e-9

_Static_assert(sizeof(mlops_pca) == 24, "the image of a PCA is a file format");

static void
prepare(mlops_pca *p, int variables, int kept)
{
	memset(p, 0, mlops_pca_size(variables, kept));
	p->version = MLOPS_PCA_VERSION;
	p->variables = (uint8_t) variables;
	p->kept = (uint8_t) kept;
}

/* Unit length, orthogonal to each other, nothing where nothing varies. */
static const char *
check_components(const mlops_pca_view *v)
{
	for (int a = 0; a < v->kept; a++)
		for (int b = 0; b <= a; b++)
		{
			double		sum = 0;

			for (int i = 0; i < v->k; i++)
			{
				sum += v->component[a * v->k + i] * v->component[b * v->k + i];
				if (v->sd[i] == 0 && v->component[a * v->k + i] != 0)
					return "a variable that does not vary takes part in a component";
			}
			if (!(fabs(sum - (a == b)) < ROUNDING))
				return "the components are not orthonormal";
		}
	return NULL;
}

const char *
mlops_pca_check(const mlops_pca *p)
{
	mlops_pca_view v = mlops_pca_view_of(p);
	int			used = 0;
	double		sum = 0;

	if (p->n < 0)
		return "the number of rows is negative";
	if (!(p->variance > 0 && p->variance < 1))
		return "the share of the variance is not between 0 and 1";
	for (int i = 0; i < v.k; i++)
	{
		if (!isfinite(v.mean[i]) || !isfinite(v.sd[i]) || v.sd[i] < 0)
			return "a mean or standard deviation is out of range";
		used += v.sd[i] > 0;
	}
	for (int i = 0; i < v.k; i++)
	{
		if (!(v.value[i] >= 0) || (i > 0 && v.value[i] > v.value[i - 1]) || (i >= used && v.value[i] != 0))
			return "the eigenvalues are not those of a correlation matrix";
		sum += v.value[i];
	}
	if (!(fabs(sum - used) <= 1e-6 * used))
		return "the eigenvalues do not add up to the number of variables";
	if (v.kept != mlops_pca_kept(used, v.value, p->variance))
		return "the number of components is not what the variance asks for";
	return check_components(&v);
}

/*
 * Bytes: u8 version, u8 variables, u8 components, i64 rows, f64 variance, then
 * the means, standard deviations, eigenvalues and components.
 */

static const char *
check_shape(int64_t variables, int64_t kept)
{
	if (variables < 1 || variables > MLOPS_COMOMENTS_MAX)
		return "the number of variables is not between 1 and 128";
	if (kept < 0 || kept >= variables)
		return "there are not fewer components than variables";
	return NULL;
}

const char *
mlops_pca_read_size(mlops_reader r, size_t *size)
{
	uint8_t		version = mlops_read_u8(&r);
	uint8_t		variables = mlops_read_u8(&r);
	uint8_t		kept = mlops_read_u8(&r);
	const char *why;

	if (r.bad || version != MLOPS_PCA_VERSION)
		return "the version of the model is not known";
	why = check_shape(variables, kept);
	if (why == NULL)
		*size = mlops_pca_size(variables, kept);
	return why;
}

/* One zero: equal models have equal bytes. */
static const char *
normalised(mlops_pca *p)
{
	for (int i = 0; i < p->variables * (3 + p->kept); i++)
		p->value[i] += 0.0;
	return mlops_pca_check(p);
}

const char *
mlops_pca_read(mlops_reader *r, mlops_pca *p)
{
	size_t		size;
	const char *why = mlops_pca_read_size(*r, &size);
	int			variables;

	if (why != NULL)
		return why;
	mlops_read_u8(r);
	variables = mlops_read_u8(r);
	prepare(p, variables, mlops_read_u8(r));
	p->n = mlops_read_i64(r);
	p->variance = mlops_read_f64(r);
	for (int i = 0; i < variables * (3 + p->kept); i++)
		p->value[i] = mlops_read_f64(r);
	if (r->bad)
		return "the value is too short";
	return normalised(p);
}

void
mlops_pca_write(mlops_writer *w, const mlops_pca *p)
{
	mlops_write_u8(w, p->version);
	mlops_write_u8(w, p->variables);
	mlops_write_u8(w, p->kept);
	mlops_write_i64(w, p->n);
	mlops_write_f64(w, p->variance);
	for (int i = 0; i < p->variables * (3 + p->kept); i++)
		mlops_write_f64(w, p->value[i]);
}

/*
 * Text: variables 2 components 1 n 10 variance 0.65 mean (1, 2) sd (3, 4)
 * eigenvalues (1.5, 0.5) component (0.7, 0.7) ...
 */

/* The word and the number after it. */
static int64_t
scan_count(mlops_scanner *s, const char *word)
{
	if (s->why == NULL && !mlops_scan_word(s, word))
		mlops_scan_fail(s, "\"variables\", \"components\" and \"n\" with their numbers are expected");
	return mlops_scan_int(s);
}

static void
scan_shape(mlops_scanner *s, int64_t *variables, int64_t *kept)
{
	const char *why;

	*variables = scan_count(s, "variables");
	*kept = scan_count(s, "components");
	if (s->why == NULL && (why = check_shape(*variables, *kept)) != NULL)
		mlops_scan_fail(s, why);
}

static void
scan_list(mlops_scanner *s, const char *word, double *value, int n)
{
	if (s->why == NULL && !mlops_scan_word(s, word))
		mlops_scan_fail(s, "\"mean\", \"sd\", \"eigenvalues\" or \"component\" is missing");
	for (int i = 0; i < n && s->why == NULL; i++)
	{
		mlops_scan_expect(s, i == 0 ? '(' : ',', "a list with one number for each variable is expected");
		value[i] = mlops_scan_float(s);
	}
	mlops_scan_expect(s, ')', "a list with one number for each variable is expected");
}

const char *
mlops_pca_scan_size(mlops_scanner s, size_t *size)
{
	int64_t		variables,
				kept;

	scan_shape(&s, &variables, &kept);
	if (s.why == NULL)
		*size = mlops_pca_size((int) variables, (int) kept);
	return s.why;
}

const char *
mlops_pca_scan(mlops_scanner *s, mlops_pca *p)
{
	int64_t		variables,
				kept;
	mlops_pca_view v;

	scan_shape(s, &variables, &kept);
	if (s->why != NULL)
		return s->why;
	prepare(p, (int) variables, (int) kept);
	p->n = scan_count(s, "n");
	if (s->why == NULL && !mlops_scan_word(s, "variance"))
		mlops_scan_fail(s, "\"variance\" is expected");
	p->variance = mlops_scan_float(s);
	v = mlops_pca_view_of(p);
	scan_list(s, "mean", v.mean, v.k);
	scan_list(s, "sd", v.sd, v.k);
	scan_list(s, "eigenvalues", v.value, v.k);
	for (int c = 0; c < v.kept; c++)
		scan_list(s, "component", v.component + c * v.k, v.k);
	if (!mlops_scan_end(s))
		return s->why;
	return normalised(p);
}

static void
print_list(mlops_writer *w, const char *word, const double *value, int n)
{
	mlops_write_cstring(w, word);
	for (int i = 0; i < n; i++)
	{
		mlops_write_cstring(w, i == 0 ? " (" : ", ");
		mlops_write_float_text(w, value[i]);
	}
	mlops_write_cstring(w, ")");
}

void
mlops_pca_print(mlops_writer *w, const mlops_pca *p)
{
	mlops_pca_view v = mlops_pca_view_of(p);

	mlops_write_cstring(w, "variables ");
	mlops_write_int_text(w, v.k);
	mlops_write_cstring(w, " components ");
	mlops_write_int_text(w, v.kept);
	mlops_write_cstring(w, " n ");
	mlops_write_int_text(w, p->n);
	mlops_write_cstring(w, " variance ");
	mlops_write_float_text(w, p->variance);
	print_list(w, " mean", v.mean, v.k);
	print_list(w, " sd", v.sd, v.k);
	print_list(w, " eigenvalues", v.value, v.k);
	for (int c = 0; c < v.kept; c++)
		print_list(w, " component", v.component + c * v.k, v.k);
}
