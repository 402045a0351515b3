/* Status codes and error messages.
 *
 * Every function that can fail returns a da_status and takes a da_error as its last argument. The sentence is
 * written once, where the fault is seen: "expected X but found Y", where, and what to do. */
#ifndef DA_BASE_STATUS_H
#define DA_BASE_STATUS_H

typedef enum {
  DA_OK = 0,
  DA_ERR_ARG,         /* the call: an option or an argument */
  DA_ERR_CONFIG,      /* config.yaml or --set */
  DA_ERR_DATA,        /* the user's data */
  DA_ERR_IO,          /* storage or network */
  DA_ERR_MEM,         /* memory ran out */
  DA_ERR_NUM,         /* numbers diverged: NaN, no convergence, totals that do not add up */
  DA_ERR_MPI,         /* another rank failed */
  DA_ERR_INTERRUPTED, /* the user asked to stop; run again to go on */
  DA_ERR_INTERNAL,    /* a fault of ours */
} da_status;

/* Lives on the caller's stack; NULL is allowed wherever one is taken. */
typedef struct {
  da_status code;
  char msg[1024]; /* one sentence, no newline at its end */
} da_error;

#if defined(__GNUC__)
#define DA_MUST_CHECK __attribute__((warn_unused_result))
#define DA_PRINTF(format_index, first_arg) __attribute__((format(printf, format_index, first_arg)))
#else
#define DA_MUST_CHECK
#define DA_PRINTF(format_index, first_arg)
#endif

/* "ok", "argument", "config", ...; never NULL. */
const char *da_status_name(da_status code);

/* Writes the sentence into err (if not NULL) and returns code, so that a fault reads `return da_fail(...)`. */
da_status da_fail(da_error *err, da_status code, const char *format, ...) DA_PRINTF(3, 4) DA_MUST_CHECK;

/* Puts "context: " before a message that is already there; returns err's code. */
da_status da_fail_context(da_error *err, da_status code, const char *format, ...) DA_PRINTF(3, 4) DA_MUST_CHECK;

/* Only while the function holds nothing that must be given back. */
#define DA_TRY(expr)                                  \
  do {                                                \
    da_status da_try_status = (expr);                 \
    if (da_try_status != DA_OK) return da_try_status; \
  } while (0)

#endif
