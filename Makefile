# A thin front: each target is a script or a cmake call that also works on its own.
PREFIX ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc)

.PHONY: help build demo test test-full test-distributed bench bench-full install format clean

help:
	@echo 'deepattribution: what each campaign earned, from a raw impression log'
	@sed -n 's/^## \([a-z-]*\): \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

## build: get what is missing, then build the program: build/release/deepattribution
build:
	@scripts/bootstrap
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j $(JOBS)

## demo: simulate 200,000 users, run every stage, show each method's credit beside the true one
demo: build
	@scripts/demo

## test: everything that must hold, with the sanitizers and as released; ends in "N passed, N failed"
test:
	@scripts/test

## test-full: also the slow tests under the sanitizers, the thread checker, and the largest inputs
test-full:
	@scripts/test --full

## test-distributed: an S3 server, a Spark cluster, MPI ranks and SageMaker's API, all on this machine; gets Java and 800 MB; ends as test does
test-distributed:
	@scripts/test --distributed

## bench: measure against DuckDB, polars and PyTorch; the results stand in docs/benchmarks.md
bench: build
	@scripts/bootstrap --s3-servers
	@scripts/bootstrap --distributed
	@bench/run

## bench-full: also the largest inputs: hours, and 20 GB of disk
bench-full: build
	@scripts/bootstrap --s3-servers
	@scripts/bootstrap --distributed
	@bench/run --full

## install: into PREFIX (default /usr/local), below DESTDIR if set
install: build
	@DESTDIR='$(DESTDIR)' cmake --install build/release --prefix '$(PREFIX)'

## format: lay out the C code by .clang-format
format:
	@scripts/format

## clean: remove what was built; downloads stay
clean:
	rm -rf build
