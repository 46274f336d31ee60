/*
 * eigen.h
 *		Eigenvalues and eigenvectors of a symmetric matrix.
 */
#ifndef MLOPS_EIGEN_H
#define MLOPS_EIGEN_H

#include "kernel/kernel.h"

/*
 * a[n * n] by rows, symmetric, is used up.  value[n]: descending; row i of
 * vector[n * n] (or NULL): the unit eigenvector of value[i], of its two signs
 * the one that makes its largest element (the first of them) positive.
 * MLOPS_DOMAIN if an element is not finite.
 */
extern mlops_status mlops_eigen_symmetric(int n, double *a, double *value, double *vector);

#endif
