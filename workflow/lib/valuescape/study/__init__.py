"""What a study is: persona space, design, instruments, conditions, models, shards; its check."""
