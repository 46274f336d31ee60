/*
 * group_sequential.c
 *		Spending functions, and a Brownian path between two bounds.
 */
#include "kernel/experiment/group_sequential.h"

#include "kernel/special/special.h"

/* Deviations from the drift beyond which a path has no probability left (1e-36). */
#define REACH 12.5

/* A node of the grid is this far (in deviations of an increment) from the next, at the most, on average. */
#define PANEL_DEVIATIONS 4.0
#define PANEL_NODES 16

/* Gauss-Legendre, 16 nodes on (-1, 1); the other half is symmetric. */
static const double legendre_x[PANEL_NODES / 2] = {
	0.095012509837637440185, 0.28160355077925891323, 0.45801677765722738634, 0.61787624440264374845,
	0.75540440835500303390, 0.86563120238783174388, 0.94457502307323257608, 0.98940093499164993260
};
static const double legendre_w[PANEL_NODES / 2] = {
	0.18945061045506849629, 0.18260341504492358887, 0.16915651939500253819, 0.14959598881657673208,
	0.12462897125553387205, 0.095158511682492784810, 0.062253523938647892863, 0.027152459411754094852
};

bool
mlops_spending_valid(const mlops_spending *s)
{
	switch (s->family)
	{
		case MLOPS_SPEND_POWER:
			return s->parameter > 0 && s->parameter <= 50;
		case MLOPS_SPEND_HWANG_SHIH_DECANI:
			return fabs(s->parameter) <= 40;
		case MLOPS_SPEND_WANG_TSIATIS:
			return s->parameter >= -5 && s->parameter <= 1;
		default:
			return true;
	}
}

double
mlops_spending_at(const mlops_spending *s, double alpha, double t)
{
	if (t <= 0)
		return 0;
	if (t >= 1)
		return alpha;
	switch (s->family)
	{
		case MLOPS_SPEND_OBRIEN_FLEMING:
			return 2 * mlops_normal_sf(mlops_normal_quantile_upper(alpha / 2) / sqrt(t));
		case MLOPS_SPEND_POCOCK:
			return alpha * log1p((exp(1) - 1) * t);
		case MLOPS_SPEND_POWER:
			return alpha * pow(t, s->parameter);
		case MLOPS_SPEND_HWANG_SHIH_DECANI:
			return s->parameter == 0 ? alpha * t : alpha * expm1(-s->parameter * t) / expm1(-s->parameter);
		default:
			return (double) NAN;
	}
}

void
mlops_gs_begin(mlops_gs_path *p, double *work, double from, double start, double low_drift,
			   double high_drift, void (*breathe) (void))
{
	p->from = p->t = from;
	p->start = start;
	p->low_drift = fmin(low_drift, 0);
	p->high_drift = fmax(high_drift, 0);
	p->nodes = 1;
	p->score = work;
	p->weight = work + MLOPS_GS_MAX_NODES;
	p->spare = work + 2 * MLOPS_GS_MAX_NODES;
	p->score[0] = start;
	p->weight[0] = 1;
	p->breathe = breathe;
}

double
mlops_gs_crossing(const mlops_gs_path *p, double t, double z, bool upper, double drift)
{
	double		step = t - p->t;
	double		deviation = sqrt(step);
	double		bound = z * sqrt(t);
	double		elapsed = p->t - p->from;
	double		sum = 0;

	for (int i = 0; i < p->nodes; i++)
	{
		double		u = (bound - p->score[i] - drift * step) / deviation;
		double		w = p->weight[i];

		if (drift != 0)
			w *= exp(drift * (p->score[i] - p->start) - drift * drift * elapsed / 2);
		sum += w * mlops_normal_sf(upper ? u : -u);
	}
	return sum;
}

/* Its derivative by z, upper tail, without the sign. */
static double
crossing_density(const mlops_gs_path *p, double t, double z, double drift)
{
	double		step = t - p->t;
	double		deviation = sqrt(step);
	double		elapsed = p->t - p->from;
	double		sum = 0;

	for (int i = 0; i < p->nodes; i++)
	{
		double		u = (z * sqrt(t) - p->score[i] - drift * step) / deviation;

		sum += p->weight[i] * exp(drift * (p->score[i] - p->start) - drift * drift * elapsed / 2 - u * u / 2);
	}
	return sum * sqrt(t) / deviation * exp(-MLOPS_LN_2PI / 2);
}

mlops_status
mlops_gs_bound(const mlops_gs_path *p, double t, double probability, bool upper, double drift, double *z)
{
	double		sign = upper ? 1 : -1;
	double		all = mlops_gs_crossing(p, t, upper ? -INFINITY : INFINITY, upper, drift);
	double		centre = (p->start + drift * (t - p->from)) / sqrt(t);
	double		spread = sqrt((t - p->from) / t);
	double		x;

	if (!(probability > 0) || !(all > 0))
	{
		*z = sign * INFINITY;
		return MLOPS_OK;
	}
	if (probability >= all)
	{
		*z = -sign * INFINITY;
		return MLOPS_OK;
	}

	/*
	 * The bound of a path that could not stop before: right at the first
	 * look, otherwise outside the one that is sought, and as far out as this
	 * the difference does not show.  So is the bound of a path that starts
	 * its last step at the outermost score.
	 */
	x = sign * centre + spread * mlops_normal_quantile_upper(probability);
	if (p->nodes > 1)
	{
		double		edge = p->score[upper ? p->nodes - 1 : 0] + drift * (t - p->t);

		x = fmin(x, (sign * edge + sqrt(t - p->t) * mlops_normal_quantile_upper(probability / all)) / sqrt(t));
	}
	x *= sign;
	if (p->nodes == 1 || probability < 1e-30)
	{
		*z = x;
		return MLOPS_OK;
	}
	/* the logarithm of the probability is concave, so that Newton comes from outside without a turn */
	for (int i = 0; i < 100; i++)
	{
		double		got = mlops_gs_crossing(p, t, x, upper, drift);
		double		density = crossing_density(p, t, x, drift);
		double		move = log(got / probability) * got / density;

		if (!isfinite(move))
			return MLOPS_NOCONVERGE;
		x += sign * fmax(fmin(move, 2 * spread), -2 * spread);
		if (fabs(move) <= 1e-13 * (1 + fabs(x)))
		{
			*z = x;
			return MLOPS_OK;
		}
	}
	return MLOPS_NOCONVERGE;
}

/* Density of the score at x, fraction t; only nodes near enough are looked at, from *first on. */
static double
density_at(const mlops_gs_path *p, double x, double step, double band, int *first)
{
	double		scale = -0.5 / step;
	double		sum = 0;

	while (*first < p->nodes - 1 && p->score[*first] < x - band)
		(*first)++;
	for (int i = *first; i < p->nodes && p->score[i] <= x + band; i++)
		sum += p->weight[i] * exp((x - p->score[i]) * (x - p->score[i]) * scale);
	return sum * exp(-MLOPS_LN_2PI / 2) / sqrt(step);
}

mlops_status
mlops_gs_advance(mlops_gs_path *p, double t, double lower, double upper, double next)
{
	double		step = t - p->t;
	double		elapsed = t - p->from;
	double		reach = REACH * sqrt(elapsed);
	double		low = fmax(lower * sqrt(t), p->start + p->low_drift * elapsed - reach);
	double		high = fmin(upper * sqrt(t), p->start + p->high_drift * elapsed + reach);
	double		narrow = sqrt(fmin(step, next - t));
	double		extreme = fmax(fabs(low - p->start), fabs(high - p->start));
	double		panels = fmax(1, ceil((high - low) / (PANEL_DEVIATIONS * narrow)));
	double	   *score = p->spare;
	double	   *weight = p->spare + MLOPS_GS_MAX_NODES;
	double		band;
	double		half;
	int			first = 0;
	int			at = 0;

	if (p->breathe != NULL)
		p->breathe();
	if (!(high > low))
	{
		p->nodes = 0;			/* every path has stopped */
		p->t = t;
		return MLOPS_OK;
	}
	if (!(panels * PANEL_NODES <= MLOPS_GS_MAX_NODES))
		return MLOPS_NOSPACE;
	half = (high - low) / panels / 2;
	/* a path that is out at x has come from around x (1 - step / elapsed) */
	band = p->nodes == 1 ? INFINITY : 9 * sqrt(step) + extreme * step / elapsed;
	for (int panel = 0; panel < (int) panels; panel++)
	{
		double		middle = low + (2 * panel + 1) * half;

		for (int k = -PANEL_NODES / 2; k < PANEL_NODES / 2; k++, at++)
		{
			int			node = k < 0 ? -k - 1 : k;

			score[at] = middle + (k < 0 ? -half : half) * legendre_x[node];
			weight[at] = half * legendre_w[node] * density_at(p, score[at], step, band, &first);
		}
	}
	p->spare = p->score;
	p->score = score;
	p->weight = weight;
	p->nodes = at;
	p->t = t;
	return MLOPS_OK;
}
