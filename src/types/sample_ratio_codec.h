/*
 * sample_ratio_codec.h
 *		The value of type mlops.sample_ratio_evidence, its bytes and its text,
 *		without server headers.
 */
#ifndef MLOPS_SAMPLE_RATIO_CODEC_H
#define MLOPS_SAMPLE_RATIO_CODEC_H

#include "kernel/experiment/srm.h"
#include "types/codec.h"

#define MLOPS_SAMPLE_RATIO_VERSION 1

typedef struct mlops_sample_ratio_arm
{
	double		weight;			/* planned in this phase, as it was written */
	int64_t		count;			/* units of this phase */
} mlops_sample_ratio_arm;

typedef struct mlops_sample_ratio_evidence
{
	int32_t		vl_len_;		/* the server's; do not touch directly */
	uint8_t		version;
	uint8_t		reserved[3];	/* 0 */
	uint32_t	arms;
	uint32_t	phases;			/* at least 1 */
	double		concentration;
	double		ln_closed;		/* ln of the Bayes factors of the phases before this one; may be infinite */
	double		ln_max;			/* the largest ln at any look; at least 0, may be infinite */
	int64_t		closed_units;	/* of the phases before this one */
	int64_t		looks;
	mlops_sample_ratio_arm arm[];
} mlops_sample_ratio_evidence;

static inline size_t
mlops_sample_ratio_evidence_size(uint32_t arms)
{
	return sizeof(mlops_sample_ratio_evidence) + (size_t) arms * sizeof(mlops_sample_ratio_arm);
}

/*
 * ln of the evidence now: of all phases up to this one.  work: 2 doubles an
 * arm.  False if the value breaks a rule.
 */
extern bool mlops_sample_ratio_evidence_ln(const mlops_sample_ratio_evidence *e, double *work, double *ln_e);

/* Checks a value and makes it canonical; NULL or what is wrong.  work as above. */
extern const char *mlops_sample_ratio_evidence_check(mlops_sample_ratio_evidence *e, double *work);

/* Two passes, as in binning_codec.h; NULL or what is wrong.  The caller checks what was read. */
extern const char *mlops_sample_ratio_read_size(mlops_reader r, uint32_t *arms);
extern const char *mlops_sample_ratio_read(mlops_reader *r, mlops_sample_ratio_evidence *e);
extern const char *mlops_sample_ratio_scan_size(mlops_scanner s, uint32_t *arms);
extern const char *mlops_sample_ratio_scan(mlops_scanner *s, mlops_sample_ratio_evidence *e);

extern void mlops_sample_ratio_write(mlops_writer *w, const mlops_sample_ratio_evidence *e);
extern void mlops_sample_ratio_print(mlops_writer *w, const mlops_sample_ratio_evidence *e);

#endif
