/*
 * boost.h
 *		Gradient-boosted shallow trees on features of at most 64 codes, for the
 *		question which of two sides a row is from.
 *
 * Friedman (2001), with second-order steps (Chen and Guestrin 2016) on
 * histograms.  A split is a set of codes, so numbers (with a code of their own
 * for what is missing) and categories are one thing.  Deterministic: sums run
 * in the order of the rows that the caller gives, ties go to the first feature
 * and the lowest code.  See doc/statistics/domain_classifier.md.
 */
#ifndef MLOPS_BOOST_H
#define MLOPS_BOOST_H

#include "kernel/kernel.h"

#define MLOPS_BOOST_CODES		64	/* of a feature, with the one for what is missing */
#define MLOPS_BOOST_MISSING		0	/* its code */
#define MLOPS_BOOST_MAX_DEPTH	6

typedef struct mlops_boost_options
{
	int			depth;			/* 1 to MLOPS_BOOST_MAX_DEPTH */
	double		rate;			/* each tree counts for this much */
	double		l2;				/* penalty of a leaf's value */
	double		l2_categorical;	/* the same where categories are split, on top */
	double		min_hessian;	/* of both parts of a split */
	int			features_per_tree;	/* drawn anew for each tree */
} mlops_boost_options;

/* The features of all rows; those of the test rows are only looked at to score them. */
typedef struct mlops_boost_data
{
	const uint8_t *codes;		/* row * n_features + feature */
	const uint8_t *n_codes;		/* codes of a feature are below this */
	const bool *categorical;	/* else the codes from 1 on are in order */
	const bool *current;		/* the side of a row */
	int			n_features;
} mlops_boost_data;

/* A tree is an array: the children of i are 2 i + 1 and 2 i + 2. */
typedef struct mlops_boost_node
{
	uint64_t	left;			/* bit c: code c goes left */
	double		value;			/* of a leaf */
	double		gain;			/* of a split: decrease of the penalised loss, times 2 */
	int32_t		feature;		/* -1: a leaf */
} mlops_boost_node;

#define MLOPS_BOOST_NODES(depth) ((1 << ((depth) + 1)) - 1)

/* First and second derivatives of the loss, summed over rows. */
typedef struct mlops_boost_sum
{
	double		g;
	double		h;
} mlops_boost_sum;

/* Everything a fit needs; the caller fills all of it but the last part. */
typedef struct mlops_boost
{
	mlops_boost_data data;
	mlops_boost_options options;
	const uint32_t *rows;		/* the n_rows rows to learn from */
	size_t		n_rows;
	/* work space */
	uint32_t   *order;			/* n_rows */
	uint32_t   *spare;			/* n_rows */
	double	   *score;			/* by row, like codes */
	mlops_boost_sum *gradient;	/* by row, like codes */
	int		   *feature;		/* n_features */
	mlops_boost_sum *histogram; /* mlops_boost_histogram_sums() of them */
	/* set by mlops_boost_begin() */
	double		weight[2];		/* of a reference and of a current row */
	uint64_t	random;
} mlops_boost;

extern size_t mlops_boost_histogram_sums(const mlops_boost_options *options);

/*
 * Starts at score 0.  Each side weighs as much as the smaller one has rows, so
 * that the larger one does not drown it.  MLOPS_EMPTY when a side has no rows;
 * MLOPS_DOMAIN for options outside of their range.
 */
extern mlops_status mlops_boost_begin(mlops_boost *b, uint64_t seed);

/*
 * Grows one more tree and adds it to the scores of the training rows.  False when
 * there was nothing to split: the tree is a leaf.
 */
extern bool mlops_boost_tree(mlops_boost *b, mlops_boost_node *tree);

/* What a tree says about a row, given its codes. */
static inline double
mlops_boost_value(const mlops_boost_node *tree, const uint8_t *codes)
{
	int			i = 0;

	while (tree[i].feature >= 0)
		i = 2 * i + ((tree[i].left >> codes[tree[i].feature]) & 1 ? 1 : 2);
	return tree[i].value;
}

#endif
