/*
 * crossfit.h
 *		Deals rows to folds, and turns the columns of a table into codes for the
 *		learner: nothing here depends on the order of the rows.
 *
 * See doc/statistics/domain_classifier.md.
 */
#ifndef MLOPS_CROSSFIT_H
#define MLOPS_CROSSFIT_H

#include "kernel/multivariate/boost.h"

#define MLOPS_MAX_FOLDS 20

/* Equal rows are dealt in blocks of this many: fewer are too few for a leaf. */
#define MLOPS_FOLD_BLOCK 10

typedef struct mlops_folds
{
	int			k;
	uint64_t	seed;
	uint64_t	dealt[MLOPS_MAX_FOLDS]; /* rows so far */
} mlops_folds;

extern void mlops_folds_begin(mlops_folds *f, int k, uint64_t seed);

/*
 * Deals n rows that all have the same features (hash): fold[row] is set, rows
 * are put in another order.  Groups come in the order of their hashes, which is
 * as good as random.  Equal rows are shuffled and dealt in blocks of
 * MLOPS_FOLD_BLOCK, each to the smallest fold.
 *
 * Nothing here knows the sides.  So when nothing has changed each deal of the
 * sides to the rows of a fold is as probable as any other, whatever is known
 * of the other folds.  Stratified folds would not do: give each fold the same
 * share of both sides among rows that some feature tells from others, and what that
 * share is by chance can be learned from one fold for the next.
 */
extern void mlops_folds_deal(mlops_folds *f, uint64_t hash, uint32_t *rows, size_t n, uint8_t *fold);

/*
 * Codes of a number: 0 is missing, from 1 on by quantiles of the n sorted
 * values, none of them NaN, n may be 0.  Writes the largest value of each code
 * but the last to cut[] (MLOPS_BOOST_CODES of them), returns how many codes
 * there are, with that for missing.
 */
extern int	mlops_numeric_codes(const double *sorted, size_t n, double *cut);

/* The code of x, which may be NaN. */
extern uint8_t mlops_numeric_code(const double *cut, int n_codes, double x);

/*
 * Codes of categories, given by their hashes: 0 is missing, from 1 on the most
 * frequent of the n sorted hashes, in the order of their hashes, the last code is
 * for all others.  Categories of fewer than MLOPS_FOLD_BLOCK rows have no code of their own.
 */
extern int	mlops_category_codes(const uint64_t *sorted, size_t n, uint64_t *category);
extern uint8_t mlops_category_code(const uint64_t *category, int n_codes, uint64_t x);

#endif
