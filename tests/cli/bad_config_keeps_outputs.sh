# Settings that are wrong: one sentence with file and line, exit code 2, and the outputs of before to the byte.
. "$DA_ROOT/tests/support/cli.sh"
bucket b <<<$'1,1700000000,a,0\n1,1700086400,b,1\n2,1700000000,a,0'
works run b --set training.epochs=1 --quiet

# with WORDS...: the config.yaml on standard input.
with() {
  cat >b/config.yaml
  refuses_and_keeps 2 "$1" b
}
with "config.yaml line 2: expected a known key but found 'journey.gap_dayz'; did you mean 'journey.gap_days'" <<<$'journey:\n  gap_dayz: 3'
with "config.yaml line 2: expected a whole number from 1 to 100000 for training.epochs but found 'many'" <<<$'training:\n  epochs: many'
with 'training.epochs' <<<$'training: {epochs: -1}'
with 'training.epochs' <<<$'training: {epochs: 1e12}'
with 'training.learning_rate' <<<$'training: {learning_rate: .nan}'
with 'split.fractions' <<<$'split: {fractions: [0.9, 0.9, 0.1]}'
with 'journey_max_len' <<<'journey_max_len: [1, 2]'
with 'threads' <<<'threads: 1000000'
with 'memory' <<<'memory: plenty'
with 'did you mean "last_touch"' <<<'credit: {methods: [last_tuch]}'
with 'config.yaml' <<<'journey: {gap_days: 3'
with 'config.yaml' <<<$'seed: 1\nseed: 2'
printf '\377\376\000' | with 'config.yaml'
rm b/config.yaml
refuses_and_keeps 2 'expected to read nowhere.yaml' b --config nowhere.yaml
refuses_and_keeps 2 "did you mean 'seed'" b --set sede=1
refuses_and_keeps 2 'expected a stage' b --from train --to nothing
refuses_and_keeps 2 '--from a stage before --to' b --from report --to train
refuses 2 "did you mean 'run'" runn b
