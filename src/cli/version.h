/* --version and the help topics that print tables of other rooms. All return the exit code. */
#ifndef DA_CLI_VERSION_H
#define DA_CLI_VERSION_H

/* The program, DuckDB, and the kernels this processor gets. */
int da_print_version(void);
/* The table of keys of config.yaml. */
int da_help_config(void);
/* The attribution methods, a sentence each. */
int da_help_methods(void);

#endif
