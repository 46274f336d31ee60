/*
 * epps_singleton.h
 *		Epps-Singleton test of two samples.
 *
 * See doc/statistics/epps_singleton.md.
 */
#ifndef MLOPS_EPPS_SINGLETON_H
#define MLOPS_EPPS_SINGLETON_H

#include "kernel/twosample/twosample.h"

/*
 * Squared distance between the empirical characteristic functions at 0.4 and
 * 0.8 per semi-interquartile range of the pooled rows, in the metric of their covariance
 * over all rows.
 * Two passes.  df is the rank of the covariance: 4, with few values less.  No effect.
 */
extern const mlops_twosample_method mlops_epps_singleton_method;

#endif
