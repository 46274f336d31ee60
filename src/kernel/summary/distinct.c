/*
 * distinct.c
 *		HyperLogLog (Flajolet, Fusy, Gandouet and Meunier 2007) over 64-bit
 *		hashes, with the estimator of Ertl (2017, "New cardinality estimation
 *		algorithms for HyperLogLog sketches", algorithm 6), which needs neither a
 *		table of biases nor a switch between ranges.
 */
#include "kernel/summary/distinct.h"

#include <math.h>

#include "kernel/summary/hash.h"

/* The register's candidate: position of the first one bit below the index. */
static inline uint8_t
rank_of(uint64_t rest)
{
	return rest == 0 ? MLOPS_HLL_MAX : (uint8_t) (__builtin_clzll(rest) + 1);
}

/* mlops_hll_add enters one hash. */
void
mlops_hll_add(uint8_t *registers, uint64_t hash)
{
	uint32_t	i = (uint32_t) (hash >> (64 - MLOPS_HLL_BITS));
	uint8_t		rank = rank_of(hash << MLOPS_HLL_BITS);

	if (rank > registers[i])
		registers[i] = rank;
}

/* mlops_hll_floor: the smallest register. */
uint8_t
mlops_hll_floor(const uint8_t *registers)
{
	uint8_t		low = UINT8_MAX;

	for (int i = 0; i < MLOPS_HLL_M; i++)
		low = registers[i] < low ? registers[i] : low;
	return low;
}

/*
 * mlops_hll_add_numbers enters a batch of finite numbers without -0.0.  Once
 * every register is at least f, only one hash in 2^f can change anything;
 * the others are recognised without looking at a register.
 */
void
mlops_hll_add_numbers(uint8_t *registers, const double *x, size_t n)
{
	uint8_t		floor = mlops_hll_floor(registers);
	uint64_t	limit = floor == 0 ? UINT64_MAX : UINT64_MAX >> floor;

	for (size_t i = 0; i < n; i++)
	{
		uint64_t	hash = mlops_mix64(mlops_double_bits(x[i]));

		if ((hash << MLOPS_HLL_BITS) <= limit)
			mlops_hll_add(registers, hash);
	}
}

/* mlops_hll_merge: registers of the union of both sets. */
void
mlops_hll_merge(uint8_t *into, const uint8_t *from)
{
	for (int i = 0; i < MLOPS_HLL_M; i++)
		into[i] = from[i] > into[i] ? from[i] : into[i];
}

/* x + sum over k >= 1 of x^(2^k) 2^(k-1) (Ertl, algorithm 5, sigma). */
static double
sigma(double x)
{
	double		y = 1;
	double		z = x;
	double		before;

	if (x == 1)
		return INFINITY;
	do
	{
		x = x * x;
		before = z;
		z += x * y;
		y += y;
	} while (z != before);
	return z;
}

/* (1 - x - sum over k >= 1 of (1 - x^(2^-k))^2 2^-k) / 3 (Ertl, tau). */
static double
tau(double x)
{
	double		y = 1;
	double		z = 1 - x;
	double		before;

	if (x == 0 || x == 1)
		return 0;
	do
	{
		x = sqrt(x);
		before = z;
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	} while (z != before);
	return z / 3;
}

/*
 * mlops_hll_estimate: estimated number of distinct hashes; relative standard
 * error MLOPS_HLL_ERROR, less while few registers are in use; 0 when none is.
 */
double
mlops_hll_estimate(const uint8_t *registers)
{
	uint32_t	count[MLOPS_HLL_MAX + 1] = {0};
	double		m = MLOPS_HLL_M;
	double		z;

	for (int i = 0; i < MLOPS_HLL_M; i++)
		count[registers[i] <= MLOPS_HLL_MAX ? registers[i] : MLOPS_HLL_MAX]++;
	if (count[0] == MLOPS_HLL_M)
		return 0;
	z = m * tau(1 - count[MLOPS_HLL_MAX] / m);
	for (int k = MLOPS_HLL_MAX - 1; k >= 1; k--)
		z = 0.5 * (z + count[k]);
	z += m * sigma(count[0] / m);
	return m * m / (2 * log(2) * z);
}
