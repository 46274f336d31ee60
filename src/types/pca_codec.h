/*
 * pca_codec.h
 *		The value of type mlops.pca, its bytes and its text, without server
 *		headers.
 */
#ifndef MLOPS_PCA_CODEC_H
#define MLOPS_PCA_CODEC_H

#include "kernel/multivariate/pca.h"
#include "types/codec.h"

#define MLOPS_PCA_VERSION 1

typedef struct mlops_pca
{
	int32_t		vl_len_;		/* the server's; do not touch directly */
	uint8_t		version;
	uint8_t		variables;		/* 1 .. MLOPS_COMOMENTS_MAX */
	uint8_t		kept;			/* components */
	uint8_t		reserved;		/* 0 */
	int64_t		n;
	double		variance;
	double		value[];		/* mean[k], sd[k], eigenvalue[k], component[kept][k] */
} mlops_pca;

static inline size_t
mlops_pca_size(int variables, int kept)
{
	return sizeof(mlops_pca) + (size_t) variables * (3 + kept) * sizeof(double);
}

/* What the kernel sees, pointing into the image. */
static inline mlops_pca_view
mlops_pca_view_of(const mlops_pca *p)
{
	double	   *v = (double *) p->value;
	int			k = p->variables;

	return (mlops_pca_view) {.k = k, .kept = p->kept, .n = p->n, .variance = p->variance,
		.mean = v, .sd = v + k, .value = v + 2 * k, .component = v + 3 * k};
}

/* NULL, or what no model that was fitted by us has. */
extern const char *mlops_pca_check(const mlops_pca *p);

/* Two passes, as in binning_codec.h; NULL or what is wrong. */
extern const char *mlops_pca_read_size(mlops_reader r, size_t *size);
extern const char *mlops_pca_read(mlops_reader *r, mlops_pca *p);
extern const char *mlops_pca_scan_size(mlops_scanner s, size_t *size);
extern const char *mlops_pca_scan(mlops_scanner *s, mlops_pca *p);

extern void mlops_pca_write(mlops_writer *w, const mlops_pca *p);
extern void mlops_pca_print(mlops_writer *w, const mlops_pca *p);

#endif
