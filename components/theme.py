"""The look: paper and ink, one accent, local fonts, and colours with one meaning each (DESIGN: "The look").

Everything is a Gradio theme variable or a CSS variable made here, light and dark, so widgets name colours
(`var(--model)`) and never write them.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from gradio.themes.utils import fonts, sizes

# A colour means one thing on every tab; these are Okabe and Ito's, told apart by colour-blind eyes too.
# In the dark each is lightened until it reaches 4.5:1 on the card, hue kept.
MEANINGS = {
    # name: (light, dark)
    "model": ("#0072B2", "#56A9DC"),  # what the model says
    "real": ("#007D5A", "#2FBF94"),  # real data: #009E73 as a fill (below), darker where it is text
    "generated": ("#B84A00", "#F0813F"),  # what was generated: #D55E00 as a fill
    "cut": ("#6B6B66", "#9A9A92"),  # what was cut away
    "model-fill": ("#0072B2", "#0072B2"),
    "real-fill": ("#009E73", "#009E73"),
    "generated-fill": ("#D55E00", "#D55E00"),
    "cut-fill": ("#B9B7AE", "#55554F"),
    "model-soft": ("#DCEAF3", "#17303F"),
}
CLASSES = {  # ten classes of pictures, told apart by hue and, where hues are near, by lightness; 3:1 on the card
    "class-0": ("#2256BB", "#568EF9"),
    "class-1": ("#765809", "#B88A01"),
    "class-2": ("#18A7A1", "#14EBE3"),
    "class-3": ("#A92227", "#E8605B"),
    "class-4": ("#067132", "#24AE56"),
    "class-5": ("#AB73E4", "#DBBFFE"),
    "class-6": ("#82A000", "#BBDF51"),
    "class-7": ("#DB5FA1", "#FEB4D6"),
    "class-8": ("#0AA0D2", "#8ED9FE"),
    "class-9": ("#8F4700", "#DA720D"),
}
PAPER = {
    "paper": ("#FBFAF6", "#171715"),
    "card": ("#FFFFFF", "#1F1F1C"),
    "ink": ("#1D1D1A", "#EDEBE3"),
    "muted": ("#62615A", "#A9A79C"),
    "line": ("#E4E1D6", "#34342F"),
    "line-strong": ("#8E8B7F", "#77756B"),
    "accent": ("#0072B2", "#56A9DC"),
}
SIZES = {"size-title": "1.75rem", "size-body": "1rem", "size-small": "0.875rem"}

CJK_SANS = ("PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC")
SERIF = (
    "'Iowan Old Style', 'Palatino Linotype', Palatino, 'Noto Serif', Georgia, 'Times New Roman', "
    "'Songti SC', SimSun, 'Noto Serif CJK SC', 'Noto Serif SC', serif"
)

HERE = Path(__file__).parent
STYLES = (HERE / "page.css",)  # first; the widgets' follow (head.py)


def variables() -> str:
    """The colours and sizes above as CSS variables, light and dark, and the serif of headings and stories."""
    named = MEANINGS | CLASSES | PAPER

    def block(which: int) -> str:
        return "".join(f"--{name}: {pair[which]}; " for name, pair in named.items())

    sizes_ = "".join(f"--{name}: {value}; " for name, value in SIZES.items())
    return f":root {{ {block(0)}{sizes_}--serif: {SERIF}; }}\n:root.dark, :root .dark {{ {block(1)}}}\n"


# Which of those colours each of Gradio's variables is.
GRADIO = {
    "body_background_fill": "paper",
    "body_text_color": "ink",
    "body_text_color_subdued": "muted",
    "background_fill_primary": "paper",
    "background_fill_secondary": "card",
    "block_background_fill": "paper",
    "block_border_color": "line",
    "block_label_text_color": "ink",
    "block_title_text_color": "ink",
    "block_info_text_color": "muted",
    "border_color_primary": "line",
    "border_color_accent": "accent",
    "color_accent": "accent",
    "input_background_fill": "card",
    "input_border_color": "line-strong",
    "input_border_color_focus": "accent",
    "input_placeholder_color": "muted",
    "link_text_color": "accent",
    "link_text_color_hover": "ink",
    "link_text_color_visited": "accent",
    "link_text_color_active": "accent",
    "slider_color": "accent",
    "button_primary_background_fill": "ink",
    "button_primary_background_fill_hover": "accent",
    "button_primary_text_color": "paper",
    "button_primary_border_color": "ink",
    "button_secondary_background_fill": "card",
    "button_secondary_background_fill_hover": "paper",
    "button_secondary_text_color": "ink",
    "button_secondary_border_color": "line-strong",
    "button_secondary_border_color_hover": "ink",
    "button_cancel_background_fill": "card",
    "button_cancel_background_fill_hover": "paper",
    "button_cancel_text_color": "ink",
    "button_cancel_border_color": "line-strong",
    "checkbox_background_color_selected": "accent",
    "checkbox_border_color_selected": "accent",
    "checkbox_border_color": "line-strong",
    "checkbox_label_background_fill_selected": "model-soft",
    "checkbox_label_text_color_selected": "ink",
    "panel_background_fill": "card",
    "code_background_fill": "paper",
}


class Paper(gr.themes.Base):
    """Gradio's theme variables, set from the colours above."""

    def __init__(self) -> None:
        super().__init__(
            primary_hue="blue",
            secondary_hue="blue",
            neutral_hue="stone",
            text_size=sizes.text_md,
            radius_size=sizes.radius_sm,
            spacing_size=sizes.spacing_md,
            # Of the files that Gradio carries these two weights are whole; its SemiBold ones lack most letters.
            font=(fonts.LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", *CJK_SANS, "sans-serif"),
            font_mono=(fonts.LocalFont("IBM Plex Mono", weights=(400, 700)), "ui-monospace", "Consolas", "monospace"),
        )
        self.name = "paper"
        self.custom_css = variables()
        named = {name: f"var(--{variable})" for name, variable in GRADIO.items()}
        for name in ("body_background_fill", "body_text_color"):  # these two are computed before any CSS is there
            named[name] = (MEANINGS | PAPER)[GRADIO[name]][0]
            named[f"{name}_dark"] = (MEANINGS | PAPER)[GRADIO[name]][1]
        dark = {f"{name}_dark": value for name, value in named.items() if hasattr(self, f"{name}_dark")}
        self.set(
            **(dark | named),
            block_border_width="0px",
            block_shadow="none",
            block_label_background_fill="transparent",
            block_title_text_weight="600",
            block_padding="0px",
            button_border_width="1px",
            button_primary_shadow="none",
            button_secondary_shadow="none",
            button_transform_hover="none",
            button_large_radius="4px",
            button_small_radius="4px",
            input_border_width="1px",
            input_shadow="none",
            input_shadow_focus="none",
            layout_gap="16px",
            section_header_text_weight="600",
            block_info_text_size="var(--size-small)",
            block_title_text_size="var(--size-small)",
            input_text_size="var(--size-body)",
            button_large_text_size="var(--size-body)",
            button_large_text_weight="400",
            button_large_padding="6px 16px",
            button_medium_text_size="var(--size-small)",
            button_small_text_size="var(--size-small)",
            button_small_text_weight="400",
        )
