"""Ask the same of vLLM and of transformers: a command for the environment of the small model.

    envs/inference-cpu/bin/python tests/answers_of_transformers.py model.json asked.json

prints as JSON what `VllmEngine` gives for each question, what transformers computes from the same
weights, and texts that were written to a pattern. transformers reads prompt and option as one
text and knows nothing of forced tokens or prefix caches.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from valuescape.engine import Choice, Queue, Sampling, Writing
from valuescape.engine.vllm_engine import VllmEngine
from valuescape.study.models import read_prepared_model
from valuescape.study.templates import Prompt


def by_vllm(engine, asked):
    """Return the log-probabilities of the options of each question."""
    found = {}
    for form in ("option_text", "label_token"):
        choices = [
            Choice(number, 0, "Q1", Prompt(text, messages, prefill), tuple(options), form)
            for number, (of, text, messages, prefill, options) in enumerate(asked)
            if of == form
        ]
        for answer in engine.choose(iter(choices)):
            found[answer.key] = answer.log_probabilities.tolist()
    return [found[number] for number in range(len(asked))]


def by_transformers(weights, asked):
    """Return the same, computed from the logits of prompt and option in one text."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(weights)
    network = AutoModelForCausalLM.from_pretrained(weights, dtype=torch.float32).eval()
    found = []
    for form, text, messages, prefill, options in asked:
        said, end = text, "\n" if form == "option_text" else ""
        if not text:
            turns = [{"role": role, "content": content} for role, content in messages]
            said = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
            said += prefill
            end = tokenizer.eos_token if form == "option_text" else ""
        n_before = len(tokenizer(said, add_special_tokens=False).input_ids)
        values = []
        for option in options:
            tokens = tokenizer(said + option + end, add_special_tokens=False).input_ids
            with torch.no_grad():
                logits = network(torch.tensor([tokens])).logits[0].double()
            known = torch.log_softmax(logits, dim=-1)
            positions = range(n_before, len(tokens))
            values.append(sum(known[place - 1, tokens[place]].item() for place in positions))
        found.append(values)
    return found


def main():
    """Print both, and the texts."""
    model = read_prepared_model(Path(sys.argv[1]))
    wanted = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    engine = VllmEngine(model)
    prompt = Prompt(messages=wanted["writing"]["messages"])
    asked = enumerate(wanted["writing"]["patterns"])
    sampling = Sampling(0.7, 0.9, 240)
    written = engine.write(
        Queue(Writing(seed, 0, prompt, pattern, seed, sampling) for seed, pattern in asked)
    )
    texts = {text.key: (text.text, text.finished) for text in written}
    result = {
        "texts": [texts[key] for key in sorted(texts)],
        "vllm": by_vllm(engine, wanted["asked"]),
        "transformers": by_transformers(model.weights, wanted["asked"]),
        "said": engine.said(prompt, 8),
        "cached": engine.usage.cached_prompt_tokens,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
