"""Shapes for kinds, colours for probability. Nothing is told by colour alone."""

from collections.abc import Callable, Iterable, Mapping

INK, MUTED, PAPER, LINE = "#1a1a1a", "#555555", "#ffffff", "#8c8c8c"
ORIGIN, ON_ORIGIN = "#7f0000", "#fff"
SURE, UNKNOWN, RING, PLAIN, BAND = "#f08a5d", "#fdf6ec", "#00694b", "#f2f2f2", "#b9c0c8"
FAINT = "#e6e9ed"  # ground of bands of which not all is known
HATCH = "#ecdfc8"  # on UNKNOWN: text is read over it
RULE = "#d9d9d9"
STILL = "#d3d7dc"  # bands of those that did not move
NEW, WORSE, BETTER, GONE = SURE, "#fbd3bd", "#cfe3f1", "#8fc1e3"  # of a comparison
BLUE = "#0072b2"  # curves; Okabe and Ito's palette
# ColorBrewer OrRd, five classes, safe for colour-blind readers; dark text reads on all of them
SCALE = ((0.2, "#fef0d9"), (0.4, "#fdd49e"), (0.6, "#fdbb84"), (0.8, "#fc8d59"), (1.01, "#ef6548"))


# What each colour becomes on a dark screen; looked up by attribute, so that every picture has one
# place for it. `#fff` is text on what fails, and stays.
DARK = {
    INK: "#ececec", MUTED: "#b4b4b4", PAPER: "#16181b", LINE: "#8c8c8c", ORIGIN: "#a3262a",
    SURE: "#a64520", UNKNOWN: "#2a251d", HATCH: "#4b4130", RING: "#5fd0a8", PLAIN: "#2a2d31",
    BAND: "#6b737d", FAINT: "#33383e", RULE: "#3a3d41", "#e3e3e3": "#33363a", BLUE: "#4aa8e0",
    "#fef0d9": "#352c1e", "#fdd49e": "#55391b", "#fdbb84": "#6d3f1c", "#fc8d59": "#8a4220",
    "#ef6548": "#a33c27", "#dceaf7": "#1d3346", "#cfe3f1": "#21394c", "#b3b3b3": "#6b6b6b",
    WORSE: "#5c3120", STILL: "#4a4f56", GONE: "#1c5c85",
}  # fmt: skip
PRINTED = {MUTED: "#333333", BAND: "#868d95"}  # stronger on paper, but nothing under text


def write_style() -> str:
    """The one style element of a picture: dark where the screen is, and stronger on paper."""

    def rules(colours: Mapping[str, str]) -> str:
        return "".join(
            f'.knockon [{of}="{light}"]{{{of}:{other}}}'
            for light, other in colours.items()
            for of in ("fill", "stroke")
        )

    root = f".knockon{{fill:{DARK[INK]}}}"
    return (
        f"<style>.knockon a:focus,.knockon a:hover{{text-decoration:underline}}"
        f"@media screen and (prefers-color-scheme:dark){{{root}{rules(DARK)}}}"
        f"@media print{{{rules(PRINTED)}}}</style>"
    )


def fill(probability: float) -> str:
    """The colour of a probability from 0 to 1."""
    return next(colour for upper, colour in SCALE if probability < upper)


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _poly(*points: tuple[float, float]) -> str:
    return "M" + "L".join(f"{_n(x)},{_n(y)}" for x, y in points) + "Z"


def _round_corners(w: float, h: float, r: float) -> str:
    return (
        f"M{_n(r)},0H{_n(w - r)}Q{_n(w)},0 {_n(w)},{_n(r)}V{_n(h - r)}Q{_n(w)},{_n(h)} {_n(w - r)},"
        f"{_n(h)}H{_n(r)}Q0,{_n(h)} 0,{_n(h - r)}V{_n(r)}Q0,0 {_n(r)},0Z"
    )


def _hexagon(w: float, h: float) -> str:
    return _poly((9, 0), (w - 9, 0), (w, h / 2), (w - 9, h), (9, h), (0, h / 2))


def _octagon(w: float, h: float) -> str:
    return _poly((6, 0), (w - 6, 0), (w, 6), (w, h - 6), (w - 6, h), (6, h), (0, h - 6), (0, 6))


def _slanted(w: float, h: float) -> str:
    return _poly((9, 0), (w, 0), (w - 9, h), (0, h))


def _leaning(w: float, h: float) -> str:
    return _poly((0, 0), (w - 9, 0), (w, h), (9, h))


def _tab(w: float, h: float) -> str:
    return _poly((0, 5), (6, 5), (9, 0), (30, 0), (33, 5), (w, 5), (w, h), (0, h))


def _house(w: float, h: float) -> str:
    return _poly((0, 7), (w / 2, 0), (w, 7), (w, h), (0, h))


def _barrel(w: float, h: float) -> str:
    return (
        f"M0,4Q{_n(w / 2)},-4 {_n(w)},4V{_n(h - 4)}Q{_n(w / 2)},{_n(h + 4)} 0,{_n(h - 4)}Z"
        f"M0,4Q{_n(w / 2)},12 {_n(w)},4Q{_n(w / 2)},-4 0,4Z"
    )


def _plain(w: float, h: float) -> str:
    return _poly((0, 0), (w, 0), (w, h), (0, h))


def _note(w: float, h: float) -> str:
    return _poly((0, 0), (w - 9, 0), (w, 9), (w, h), (0, h))


SHAPES: dict[str, Callable[[float, float], str]] = {
    "security_vendor": _hexagon,
    "platform": _slanted,
    "cloud_provider": lambda w, h: _round_corners(w, h, min(h / 2, 18)),
    "enterprise": _tab,
    "service": lambda w, h: _round_corners(w, h, min(7, h / 5)),
    "component": _note,
    "identity_provider": _octagon,
    "dns_provider": _octagon,
    "cdn_provider": _octagon,
    "certificate_authority": _octagon,
    "network": _leaning,
    "site": _house,
    "data_store": _barrel,
}


def outline(kind: str, w: float, h: float) -> str:
    """The path of the shape of a kind in a box of w x h; a plain rectangle for other kinds."""
    return SHAPES.get(kind, _plain)(w, h)


# Fills that differ in tone and in texture: Okabe and Ito's colours under white strokes
_TEXTURES = (
    ("#0072b2", ""),
    ("#e69f00", "M-2,2l4,-4M0,8l8,-8M6,10l4,-4"),
    ("#009e73", "M2,2h2v2h-2ZM6,6h2v2h-2Z"),
    ("#cc79a7", "M0,2h8M0,6h8"),
    ("#56b4e9", "M-2,6l4,4M0,0l8,8M6,-2l4,4"),
    ("#999999", "M2,0v8M0,2h8"),
)


def texture(number: int) -> str:
    """The fill of the kind of this number, 0 and up; what is beyond the last shares the last."""
    return f"url(#knockon-{min(number, len(_TEXTURES) - 1)})"


def texture_defs(numbers: Iterable[int]) -> str:
    """The definitions that the fills of these numbers need; the same in every document."""
    made = []
    for i in sorted({min(n, len(_TEXTURES) - 1) for n in numbers}):
        colour, strokes = _TEXTURES[i]
        over = f'<path d="{strokes}" fill="none" stroke="#fff" stroke-width="1.3"/>'
        made.append(
            f'<pattern id="knockon-{i}" width="8" height="8" patternUnits="userSpaceOnUse">'
            f'<rect width="8" height="8" fill="{colour}"/>{over if strokes else ""}</pattern>'
        )
    return f"<defs>{''.join(made)}</defs>"
