# What the agent runs in its session: `model_tools` calls into the sandbox, `helpers` is local.
import helpers
import model_tools

words = "cheese bridge sang tall duck quickly anna field white baker chased under soup"
scores = model_tools.head_scores(f"{words} {words}")
best = scores["strongest"]
layer, head = best["layer"], best["head"]

attention = model_tools.get_attention(f"{words} {words}", layer=layer, head=head)
helpers.plot_attention(
    attention["pattern"],
    attention["tokens"],
    f"Layer {layer}, head {head} looks at what followed each word the last time",
    "attention.png",
)
helpers.plot_head_scores(
    scores["induction"],
    scores["previous_token"],
    f"Two heads do induction, most of all layer {layer}, head {head}",
    "heads.png",
)

story = "the red dog chased a mouse. anna sang softly. the red dog"
copied = model_tools.generate_text(story, max_tokens=3)["generated"]
print(helpers.format_result({**best, "after": story, "it writes": copied}))
