/*
 * online_fdr.h
 *		Online control of the false discovery rate: LORD++, SAFFRON, ADDIS.
 *
 * See doc/statistics/online_fdr.md.  All three set the level of the next test
 * from the rejections before it.  With u the reading of a clock before the
 * test, and u_j its reading after the j-th rejection,
 *
 *		s (w0 g(u + 1) + (alpha - w0) g(u - u_1 + 1) + alpha sum over j > 1 of g(u - u_j + 1))
 *
 * where the methods differ in s, in the sequence g and in what the clock counts:
 *
 *		LORD++	s = 1				every test
 *		SAFFRON	s = 1 - lambda		tests with p > lambda
 *		ADDIS	s = tau - lambda	tests with lambda < p <= tau
 *
 * The levels of the last two are at most lambda.  So a stream is its clock and
 * the readings of the clock at the rejections.  These are kept as runs: LORD++'s
 * clock moves with a rejection and a run is consecutive readings, the others'
 * stands still and a run is the rejections of one reading.
 */
#ifndef MLOPS_ONLINE_FDR_H
#define MLOPS_ONLINE_FDR_H

#include "kernel/kernel.h"

typedef enum mlops_online_method
{
	MLOPS_LORD_PLUS_PLUS = 1,	/* Ramdas, Yang, Wainwright and Jordan 2017 */
	MLOPS_SAFFRON = 2,			/* Ramdas, Zrnic, Wainwright and Jordan 2018 */
	MLOPS_ADDIS = 3				/* Tian and Ramdas 2019 */
} mlops_online_method;

/* A stream of tests takes no more tests than a double can count. */
#define MLOPS_ONLINE_MAX_TESTS (INT64_C(1) << 53)

typedef struct mlops_online_run
{
	int64_t		first;			/* reading of the clock */
	int64_t		length;			/* rejections */
} mlops_online_run;

typedef struct mlops_online_stream
{
	uint32_t	method;			/* mlops_online_method */
	uint32_t	runs;
	double		alpha;			/* bound of the false discovery rate, 0 < alpha < 1 */
	double		w0;				/* initial wealth, 0 < w0 <= alpha */
	double		lambda;			/* candidates: p <= lambda; 0 for LORD++ */
	double		tau;			/* discarded: p > tau, lambda < tau <= 1; 0 but for ADDIS */
	int64_t		tests;
	int64_t		clock;
	int64_t		rejections;
	double		last_level;		/* of the last test; 0 before the first */
	uint32_t	last_rejected;	/* 0 or 1 */
	uint32_t	unused;			/* 0 */
} mlops_online_stream;

/*
 * g(m), m >= 1: 0.07720838 log(max(m, 2)) / (m exp(sqrt(log m))) for LORD++
 * (Javanmard and Montanari 2018), m^-1.6 / zeta(1.6) for SAFFRON and ADDIS.
 * Falls, and its sum is at most 1.
 */
extern double mlops_online_gamma(uint32_t method, int64_t m);

/*
 * The level of the next test, in O(runs) whatever their length (and not more
 * than 2048 terms besides).
 */
extern double mlops_online_level(const mlops_online_stream *s, const mlops_online_run *run);

/*
 * Test p: reject it if it is at most the level.  run has room for capacity
 * runs, one more than there are is always enough.  MLOPS_DOMAIN: p is not in
 * [0, 1]; MLOPS_NOSPACE: no room for the rejection, or no more tests can be
 * counted.  An error changes nothing.
 */
extern mlops_status mlops_online_test(mlops_online_stream *s, mlops_online_run *run,
									  uint32_t capacity, double p);

#endif
