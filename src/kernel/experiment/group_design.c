/*
 * group_design.c
 *		Group-sequential designs: bounds, probabilities, p.
 */
#include "kernel/experiment/group_sequential.h"

#include "kernel/special/root.h"
#include "kernel/special/special.h"

/* Sequential p is looked for between these. */
#define LEAST_P 1e-12
#define MOST_P 0.999999

const char *
mlops_gs_check(const mlops_gs_design *d, int looks, const double *information, double planned)
{
	if (!(d->alpha > 0 && d->alpha < 1))
		return "alpha is not between 0 and 1";
	if (!mlops_spending_valid(&d->spending))
		return "the parameter of the spending function is out of its range";
	if (d->futility)
	{
		if (d->alternative == MLOPS_TWO_SIDED)
			return "futility bounds need a one-sided alternative";
		if (d->spending.family == MLOPS_SPEND_WANG_TSIATIS || d->futility_spending.family == MLOPS_SPEND_WANG_TSIATIS)
			return "futility bounds need spending functions";
		if (!mlops_spending_valid(&d->futility_spending))
			return "the parameter of the futility spending function is out of its range";
		if (!(d->beta > 0 && d->beta < 1 - d->alpha))
			return "beta is not between 0 and 1 - alpha";
		if (!isnan(d->drift) && !(d->drift > 0 && d->drift <= 40))
			return "the effect to be found is not above 0 and within 40 deviations of the planned information";
	}
	if (looks < 1 || looks > MLOPS_GS_MAX_LOOKS)
		return "there must be 1 to 1000 looks";
	if (!(planned > 0) || !isfinite(planned))
		return "the planned information is not positive and finite";
	for (int k = 0; k < looks; k++)
	{
		if (!(information[k] > 0) || !isfinite(information[k]))
			return "the information of a look is not positive and finite";
		if (k > 0 && information[k] < information[k - 1])
			return "the information of a look is smaller than that of the look before";
	}
	if (information[0] < planned * 1e-6)
		return "the first look has less than a millionth of the planned information";
	if ((d->spending.family == MLOPS_SPEND_WANG_TSIATIS || (d->futility && isnan(d->drift))) &&
		information[looks - 1] < planned)
		return "this design needs all looks, up to the planned information";
	return NULL;
}

/*
 * Scores count in units of sqrt(planned information).  Fractions beyond 1
 * belong to looks past the plan: nothing is left to spend there, but the
 * path goes on.
 */
static void
lay_out(int looks, const double *information, double planned, mlops_gs_look *out)
{
	double		before = 0;

	for (int k = 0; k < looks; k++)
	{
		out[k] = (mlops_gs_look) {.information = information[k], .fraction = information[k] / planned,
			.lower = -INFINITY, .upper = INFINITY, .spent = 0, .futility_spent = (double) NAN};
		out[k].collapsed = out[k].fraction - before < MLOPS_GS_MIN_STEP * out[k].fraction;
		if (!out[k].collapsed)
			before = out[k].fraction;
	}
}

/* Fraction of the look after k that is one of its own, or one far away. */
static double
next_fraction(int looks, const mlops_gs_look *look, int k)
{
	for (int j = k + 1; j < looks; j++)
		if (!look[j].collapsed)
			return look[j].fraction;
	return INFINITY;
}

/* A look at the same information as the one before is that look; one a little later cannot stop. */
static void
collapse(mlops_gs_look *look, int k)
{
	bool		same = look[k].information == look[k - 1].information;

	look[k].lower = same ? look[k - 1].lower : -INFINITY;
	look[k].upper = same ? look[k - 1].upper : INFINITY;
	look[k].spent = look[k - 1].spent;
	look[k].futility_spent = look[k - 1].futility_spent;
}

/* ---- bounds ---- */

typedef struct pass
{
	const mlops_gs_design *d;
	int			looks;
	mlops_gs_look *look;
	double	   *work;
	void		(*breathe) (void);
	double		constant;		/* of Wang and Tsiatis */
	double		drift;
	double		futile;			/* beta that the futility bounds have used at the end */
} pass;

/*
 * Efficacy bounds as upper bounds of a one-sided test of level alpha (of half
 * of it, and a lower bound to match, two-sided), and with binding futility
 * its bounds too.
 */
static mlops_status
spend_alpha(pass *p, bool with_futility)
{
	const mlops_gs_design *d = p->d;
	bool		both = d->alternative == MLOPS_TWO_SIDED;
	double		alpha = both ? d->alpha / 2 : d->alpha;
	double		spent = 0;
	double		futile = 0;
	mlops_gs_path path;
	mlops_status status;

	mlops_gs_begin(&path, p->work, 0, 0, 0, with_futility ? p->drift : 0, p->breathe);
	for (int k = 0; k < p->looks; k++)
	{
		mlops_gs_look *look = &p->look[k];
		double		goal;
		double		futile_goal;

		if (look->collapsed)
		{
			collapse(p->look, k);
			continue;
		}
		goal = mlops_spending_at(&d->spending, alpha, look->fraction);
		status = mlops_gs_bound(&path, look->fraction, goal - spent, true, 0, &look->upper);
		if (status != MLOPS_OK)
			return status;
		spent = goal;
		look->spent = both ? 2 * spent : spent;
		look->lower = both ? -look->upper : -INFINITY;
		if (both && look->upper < 0)
			look->lower = look->upper = 0;
		if (with_futility)
		{
			futile_goal = mlops_spending_at(&d->futility_spending, d->beta, look->fraction);
			status = mlops_gs_bound(&path, look->fraction, futile_goal - futile, false, p->drift, &look->lower);
			if (status != MLOPS_OK)
				return status;
			if (look->fraction >= 1 || look->lower > look->upper)
				look->lower = look->upper;
			futile += mlops_gs_crossing(&path, look->fraction, look->lower, false, p->drift);
			look->futility_spent = futile;
		}
		status = mlops_gs_advance(&path, look->fraction, look->lower, look->upper,
								  next_fraction(p->looks, p->look, k));
		if (status != MLOPS_OK)
			return status;
	}
	p->futile = futile;
	return MLOPS_OK;
}

/* Futility bounds below efficacy bounds that do without them. */
static mlops_status
spend_beta(pass *p)
{
	const mlops_gs_design *d = p->d;
	double		futile = 0;
	mlops_gs_path path;
	mlops_status status;

	mlops_gs_begin(&path, p->work, 0, 0, 0, p->drift, p->breathe);
	for (int k = 0; k < p->looks; k++)
	{
		mlops_gs_look *look = &p->look[k];
		double		goal = mlops_spending_at(&d->futility_spending, d->beta, look->fraction);

		if (look->collapsed)
		{
			collapse(p->look, k);
			continue;
		}
		status = mlops_gs_bound(&path, look->fraction, goal - futile, false, p->drift, &look->lower);
		if (status != MLOPS_OK)
			return status;
		if (look->fraction >= 1 || look->lower > look->upper)
			look->lower = look->upper;
		futile += mlops_gs_crossing(&path, look->fraction, look->lower, false, p->drift);
		look->futility_spent = futile;
		status = mlops_gs_advance(&path, look->fraction, look->lower, look->upper,
								  next_fraction(p->looks, p->look, k));
		if (status != MLOPS_OK)
			return status;
	}
	p->futile = futile;
	return MLOPS_OK;
}

/* Futility bounds at a drift; the root is the drift at which they use up beta, no more, no less. */
static mlops_status
futility_excess(void *context, double drift, double *value)
{
	pass	   *p = context;
	mlops_status status;

	p->drift = drift;
	status = p->d->binding ? spend_alpha(p, true) : spend_beta(p);
	*value = p->d->beta - p->futile;
	return status;
}

static mlops_status
add_futility(pass *p)
{
	const mlops_gs_design *d = p->d;
	mlops_root_search search = {.step = 0.5, .low = 1e-3, .high = 40, .tolerance = 1e-11};
	double		ignored;
	mlops_status status;

	if (!isnan(d->drift))
		return futility_excess(p, d->drift, &ignored);
	search.start = fmax(0.1, mlops_normal_quantile_upper(d->alpha) + mlops_normal_quantile_upper(d->beta));
	status = mlops_root(futility_excess, p, &search, &p->drift);
	return status == MLOPS_OK ? futility_excess(p, p->drift, &ignored) : status;
}

/* alpha minus what bounds of this constant spend, per side: rises with the constant. */
static mlops_status
wang_tsiatis_excess(void *context, double constant, double *value)
{
	pass	   *p = context;
	bool		both = p->d->alternative == MLOPS_TWO_SIDED;
	double		spent = 0;
	mlops_gs_path path;

	mlops_gs_begin(&path, p->work, 0, 0, 0, 0, p->breathe);
	for (int k = 0; k < p->looks; k++)
	{
		mlops_gs_look *look = &p->look[k];
		mlops_status status;

		if (look->collapsed)
		{
			collapse(p->look, k);
			continue;
		}
		look->upper = look->fraction > 1 && k > 0 && p->look[k - 1].fraction >= 1 ? INFINITY :
			constant * pow(fmin(look->fraction, 1), p->d->spending.parameter - 0.5);
		look->lower = both ? -look->upper : -INFINITY;
		spent += mlops_gs_crossing(&path, look->fraction, look->upper, true, 0);
		look->spent = both ? 2 * spent : spent;
		status = mlops_gs_advance(&path, look->fraction, look->lower, look->upper,
								  next_fraction(p->looks, p->look, k));
		if (status != MLOPS_OK)
			return status;
	}
	*value = log((both ? p->d->alpha / 2 : p->d->alpha) / spent);
	return MLOPS_OK;
}

static mlops_status
wang_tsiatis(pass *p)
{
	double		alpha = p->d->alternative == MLOPS_TWO_SIDED ? p->d->alpha / 2 : p->d->alpha;
	mlops_root_search search = {.start = fmax(mlops_normal_quantile_upper(alpha), 0.1), .step = 0.2,
	.low = 1e-6, .high = 38, .tolerance = 1e-12};
	double		ignored;
	mlops_status status = mlops_root(wang_tsiatis_excess, p, &search, &p->constant);

	return status == MLOPS_OK ? wang_tsiatis_excess(p, p->constant, &ignored) : status;
}

static void
mirror(int looks, mlops_gs_look *look)
{
	for (int k = 0; k < looks; k++)
	{
		double		upper = look[k].upper;

		look[k].upper = -look[k].lower;
		look[k].lower = -upper;
	}
}

mlops_status
mlops_gs_bounds(const mlops_gs_design *d, int looks, const double *information, double planned,
				double *work, void (*breathe) (void), mlops_gs_look *out, double *drift)
{
	pass		p = {.d = d, .looks = looks, .look = out, .work = work, .breathe = breathe, .drift = (double) NAN};
	mlops_status status;

	lay_out(looks, information, planned, out);
	if (d->spending.family == MLOPS_SPEND_WANG_TSIATIS)
		status = wang_tsiatis(&p);
	else if (d->futility && d->binding)
		status = add_futility(&p);
	else
	{
		status = spend_alpha(&p, false);
		if (status == MLOPS_OK && d->futility)
			status = add_futility(&p);
	}
	if (status == MLOPS_OK && d->alternative == MLOPS_LESS)
		mirror(looks, out);
	if (drift != NULL)
		*drift = p.drift;
	return status;
}

/* ---- probabilities ---- */

mlops_status
mlops_gs_probabilities(double from, double start, double drift, int looks, const mlops_gs_look *look,
					   double *work, void (*breathe) (void), double *upper_first, double *lower_first)
{
	mlops_gs_path path;
	mlops_status status;

	mlops_gs_begin(&path, work, from, start, drift, drift, breathe);
	for (int k = 0; k < looks; k++)
	{
		upper_first[k] = lower_first[k] = 0;
		if (look[k].collapsed)
			continue;
		upper_first[k] = mlops_gs_crossing(&path, look[k].fraction, look[k].upper, true, drift);
		lower_first[k] = mlops_gs_crossing(&path, look[k].fraction, look[k].lower, false, drift);
		status = mlops_gs_advance(&path, look[k].fraction, look[k].lower, look[k].upper,
								  next_fraction(looks, look, k));
		if (status != MLOPS_OK)
			return status;
	}
	return MLOPS_OK;
}

mlops_status
mlops_gs_stagewise_p(mlops_alternative alternative, int looks, const mlops_gs_look *look, const double *z,
					 double *work, void (*breathe) (void), double *p)
{
	bool		less = alternative == MLOPS_LESS;
	bool		both = alternative == MLOPS_TWO_SIDED;
	double		before = 0;		/* P(a stop for efficacy at an earlier look), one side */
	mlops_gs_path path;
	mlops_status status;

	mlops_gs_begin(&path, work, 0, 0, 0, 0, breathe);
	for (int k = 0; k < looks; k++)
	{
		double		t = look[k].fraction;

		p[k] = (double) NAN;
		if (look[k].collapsed)
			continue;
		p[k] = before + mlops_gs_crossing(&path, t, both ? fabs(z[k]) : z[k], !less, 0);
		p[k] = fmin(1, both ? 2 * p[k] : p[k]);
		before += mlops_gs_crossing(&path, t, less ? look[k].lower : look[k].upper, !less, 0);
		status = mlops_gs_advance(&path, t, look[k].lower, look[k].upper, next_fraction(looks, look, k));
		if (status != MLOPS_OK)
			return status;
	}
	return MLOPS_OK;
}

typedef struct p_search
{
	mlops_gs_design d;
	int			looks;
	const double *information;
	const double *z;
	double		planned;
	double	   *work;
	void		(*breathe) (void);
	mlops_gs_look *look;
} p_search;

/* How far the farthest look is beyond its bound at this alpha; rises with alpha. */
static mlops_status
beyond_bound(void *context, double ln_alpha, double *value)
{
	p_search   *s = context;
	mlops_status status;

	s->d.alpha = exp(ln_alpha);
	status = mlops_gs_bounds(&s->d, s->looks, s->information, s->planned, s->work, s->breathe, s->look, NULL);
	*value = -INFINITY;
	for (int k = 0; k < s->looks && status == MLOPS_OK; k++)
	{
		double		z = s->d.alternative == MLOPS_LESS ? -s->z[k] : s->d.alternative == MLOPS_GREATER ? s->z[k] : fabs(s->z[k]);
		double		bound = s->d.alternative == MLOPS_LESS ? -s->look[k].lower : s->look[k].upper;

		if (isfinite(bound))
			*value = fmax(*value, z - bound);
	}
	return status;
}

mlops_status
mlops_gs_sequential_p(const mlops_gs_design *d, int looks, const double *information, const double *z,
					  double planned, double *work, void (*breathe) (void), mlops_gs_look *scratch, double *p)
{
	p_search	s = {*d, looks, information, z, planned, work, breathe, scratch};
	mlops_root_search search = {.start = log(0.05), .step = 1, .low = log(LEAST_P), .high = log(MOST_P),
	.tolerance = 1e-11};
	double		ln_p;
	mlops_status status;

	s.d.futility = false;
	status = mlops_root(beyond_bound, &s, &search, &ln_p);
	if (status == MLOPS_DEGENERATE)
	{
		*p = ln_p < 0.5 * log(LEAST_P) ? LEAST_P : 1;
		return MLOPS_OK;
	}
	*p = exp(ln_p);
	return status;
}

/* ---- conditional power ---- */

/* P(upper), P(lower) under the drift of an effect. */
static mlops_status
power_at(double start, double drift, int looks, const mlops_gs_look *look, double *work,
		 void (*breathe) (void), double *upper, double *lower)
{
	mlops_gs_path path;
	mlops_status status;

	*upper = *lower = 0;
	mlops_gs_begin(&path, work, 1, start, drift, drift, breathe);
	for (int k = 0; k < looks; k++)
	{
		if (look[k].collapsed)
			continue;
		*upper += mlops_gs_crossing(&path, look[k].fraction, look[k].upper, true, drift);
		*lower += mlops_gs_crossing(&path, look[k].fraction, look[k].lower, false, drift);
		status = mlops_gs_advance(&path, look[k].fraction, look[k].lower, look[k].upper,
								  next_fraction(looks, look, k));
		if (status != MLOPS_OK)
			return status;
	}
	return MLOPS_OK;
}

mlops_status
mlops_gs_conditional_power(double z, double now, double effect, int looks, mlops_gs_look *look,
						   double *work, void (*breathe) (void), double *power_upper, double *power_lower)
{
	double		before = 1;
	double		steep;
	int			half;
	double		sum[3] = {0};

	/* fractions of the information now, so that the score now is z */
	for (int k = 0; k < looks; k++)
	{
		look[k].fraction = look[k].information / now;
		look[k].collapsed = look[k].fraction - before < MLOPS_GS_MIN_STEP * look[k].fraction;
		if (!look[k].collapsed)
			before = look[k].fraction;
	}
	if (isfinite(effect))
		return power_at(z, effect * sqrt(now), looks, look, work, breathe, power_upper, power_lower);

	/*
	 * The mean over drifts ~ N(z, 1), by the trapezoid rule: it is exact to
	 * exp(-2 pi^2 / h^2) for a normal density times a function that rises no
	 * faster than a normal integral with this steepness.
	 */
	steep = sqrt(1 + fmax(0, look[looks - 1].fraction - 1));
	half = (int) ceil(8.5 * 1.4 * steep);
	if (half > 2000)
		return MLOPS_NOSPACE;
	for (int i = -half; i <= half; i++)
	{
		double		u = 8.5 * i / half;
		double		weight = exp(-u * u / 2);
		double		upper;
		double		lower;
		mlops_status status = power_at(z, z + u, looks, look, work, breathe, &upper, &lower);

		if (status != MLOPS_OK)
			return status;
		sum[0] += weight;
		sum[1] += weight * upper;
		sum[2] += weight * lower;
	}
	*power_upper = sum[1] / sum[0];
	*power_lower = sum[2] / sum[0];
	return MLOPS_OK;
}
