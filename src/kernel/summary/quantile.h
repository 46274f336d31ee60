/*
 * quantile.h
 *		Quantile sketch: levels of sorted items, an item of level h standing
 *		for 2^h values (Karnin, Lang and Liberty 2016), fed by sorted batches.
 */
#ifndef MLOPS_QUANTILE_H
#define MLOPS_QUANTILE_H

#include "kernel/kernel.h"

#define MLOPS_BATCH			512	/* values handed over at once */
#define MLOPS_KLL_K			128	/* items of the top level */
#define MLOPS_KLL_LEVELS	60
/* A sketch that has hardly begun may use the room that it will need anyway. */
#define MLOPS_KLL_FIRST_LEVELS	8
#define MLOPS_KLL_FIRST_BUDGET	376
#define MLOPS_KLL_ITEMS		512	/* room; mlops_kll_budget() is below it */

/* Values beyond this many are sampled: see mlops_kll_sample_level(). */
#define MLOPS_SAMPLE_SIZE	16384
#define MLOPS_SAMPLE_LEVEL	9	/* log2(MLOPS_BATCH): at least one value per batch */

typedef struct mlops_kll
{
	uint64_t	n;				/* values represented = sum of count[h] << h */
	double		variance;		/* bound of the rank error's variance, in values^2 */
	double		sampling;		/* the part of it that sampling is responsible for */
	uint64_t	random;			/* state of the coin */
	uint64_t	parity;			/* bit h: which half the next compaction of h keeps */
	uint64_t	paired;			/* bit h: that half is the counterpart of the last */
	uint32_t	nlevels;
	uint32_t	total;			/* items in use */
	uint16_t	count[MLOPS_KLL_LEVELS];
	double		item[MLOPS_KLL_ITEMS];	/* top level first, each ascending */
} mlops_kll;

extern void mlops_sort_doubles(double *x, size_t n);
extern void mlops_kll_init(mlops_kll *s, uint64_t seed);
extern uint32_t mlops_kll_budget(uint32_t nlevels);
extern uint32_t mlops_kll_sample_level(uint64_t n);
extern size_t mlops_kll_sample(mlops_kll *s, const double *x, size_t n, uint32_t level,
							   double *out, uint64_t *last_weight);
extern void mlops_kll_insert(mlops_kll *s, const double *sorted, uint32_t n, uint32_t level);
extern void mlops_kll_insert_weighted(mlops_kll *s, double x, uint64_t weight);
extern void mlops_kll_merge(mlops_kll *into, const mlops_kll *from);
extern double mlops_kll_rank_error(const mlops_kll *s);

#endif
