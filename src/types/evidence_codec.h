/*
 * evidence_codec.h
 *		The value of type mlops.evidence, its bytes and its text, without
 *		server headers.
 */
#ifndef MLOPS_EVIDENCE_CODEC_H
#define MLOPS_EVIDENCE_CODEC_H

#include "kernel/experiment/evidence.h"
#include "types/codec.h"

#define MLOPS_EVIDENCE_VERSION 1

typedef struct mlops_evidence
{
	int32_t		vl_len_;		/* the server's; do not touch directly */
	uint8_t		version;
	uint8_t		reserved[3];	/* 0 */
	mlops_evidence_state state;
	mlops_evidence_phase phase[];	/* state.phases */
} mlops_evidence;

static inline size_t
mlops_evidence_size(uint32_t phases)
{
	return sizeof(mlops_evidence) + (size_t) phases * sizeof(mlops_evidence_phase);
}

/* "asymptotic", "msprt", "counts", "e-value"; 0 if it is none of them */
extern uint32_t mlops_evidence_method_by_name(const char *name);
extern const char *mlops_evidence_method_name(uint32_t method);

/* "mean", "proportion", "ratio"; 0 if it is none of them */
extern uint32_t mlops_evidence_metric_by_name(const char *name);
extern const char *mlops_evidence_metric_name(uint32_t metric);

extern const char *mlops_evidence_alternative_name(uint32_t alternative);

/* A zeroed image with its header and so many empty phases. */
extern void mlops_evidence_prepare(mlops_evidence *e, uint32_t phases);

/* What is wrong with the state or a phase, or NULL; -0 becomes 0. */
extern const char *mlops_evidence_validate(mlops_evidence *e);

/* Two passes, as in binning_codec.h; NULL or what is wrong. */
extern const char *mlops_evidence_read_size(mlops_reader r, size_t *size);
extern const char *mlops_evidence_read(mlops_reader *r, mlops_evidence *e);
extern const char *mlops_evidence_scan_size(mlops_scanner s, size_t *size);
extern const char *mlops_evidence_scan(mlops_scanner *s, mlops_evidence *e);

extern void mlops_evidence_write(mlops_writer *w, const mlops_evidence *e);
extern void mlops_evidence_print(mlops_writer *w, const mlops_evidence *e);

#endif
