"""The table's ratios as a picture: an SVG with a bar a row, on a logarithmic axis, and a mark where the floor is."""
import math
from xml.sax.saxutils import escape

ROW, LEFT, WIDTH, TOP, RIGHT = 22, 440, 420, 40, 80
MET, MISSED, PLAIN, FLOOR = "#2f7d4f", "#b3412e", "#5b7fa6", "#222222"


def svg(verdicts, title):
    rows = [verdict for verdict in verdicts if verdict.ratio is not None]
    # Powers of two, so that all bars and all floors fit.
    values = [v for verdict in rows for v in (verdict.ratio, verdict.floor) if v] or [1]
    low = min(0, math.floor(math.log2(min(values))))
    high = max(1, math.ceil(math.log2(max(values))))

    def x(ratio):
        return LEFT + WIDTH * (math.log2(ratio) - low) / (high - low)

    bottom = TOP + ROW * len(rows)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + RIGHT} {bottom + 40}" '
             'font-family="sans-serif" font-size="12">',
             f'<rect width="{LEFT + WIDTH + RIGHT}" height="{bottom + 40}" fill="#ffffff"/>',
             f'<text x="{LEFT}" y="18" font-weight="bold">{escape(title)}</text>']
    for power in range(low, high + 1):
        at = x(2 ** power)
        colour = "#888888" if power == 0 else "#dddddd"
        parts.append(f'<line x1="{at:.1f}" y1="{TOP - 8}" x2="{at:.1f}" y2="{bottom}" stroke="{colour}"/>')
        parts.append(f'<text x="{at:.1f}" y="{bottom + 16}" text-anchor="middle">{2 ** power:g}×</text>')
    for place, verdict in enumerate(rows):
        y = TOP + ROW * place
        begin, end = sorted((x(1), x(verdict.ratio)))
        colour = {True: MET, False: MISSED, None: PLAIN}[verdict.met]
        parts.append(f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(verdict.title)}</text>')
        parts.append(f'<rect x="{begin:.1f}" y="{y + 3}" width="{max(1, end - begin):.1f}" height="{ROW - 8}" '
                     f'fill="{colour}"/>')
        parts.append(f'<text x="{end + 5:.1f}" y="{y + 14}">{verdict.ratio:.1f}</text>')
        if verdict.floor:
            at = x(verdict.floor)
            parts.append(f'<line x1="{at:.1f}" y1="{y}" x2="{at:.1f}" y2="{y + ROW - 2}" stroke="{FLOOR}" '
                         'stroke-width="2"/>')
    parts.append(f'<text x="{LEFT}" y="{bottom + 34}" fill="#555555">'
                 'times better than Postfix and Dovecot; the black mark is the floor</text>')
    return "\n".join(parts) + "\n</svg>\n"
