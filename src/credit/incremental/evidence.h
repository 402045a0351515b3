/* How strongly each modulator is drawn to zero, learnt from the log itself (automatic relevance determination).
 *
 * gamma_k ~ N(0, 1 / ridge_k); MacKay's fixed point (Neural Computation 4, 1992, "The evidence framework") sets
 *   ridge_k = (1 - ridge_k V_kk) / gamma_k^2,   V = (information + ridge)^-1
 * so that a modulator without evidence fades out and a strong one is hardly shrunk. For a point process the information is
 * known from the conversions alone: the sum over them of s s' with s the gradient of the log hazard (Ogata 1978). All
 * parameters enter V, so that what theta explains as well is not counted as evidence for gamma. */
#ifndef DA_CREDIT_INCREMENTAL_EVIDENCE_H
#define DA_CREDIT_INCREMENTAL_EVIDENCE_H

#include "credit/incremental/hazard.h"

/* Fits; where the structure is modulated, re-sets hazard->ridge and fits again. */
da_status da_evidence_fit(const da_hazard_data *data, const da_hazard_options *options, da_hazard *hazard, da_error *err) DA_MUST_CHECK;

#endif
