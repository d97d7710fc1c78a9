"""Where results go: a folder of their own, and docs/performance.md."""
import json
import re

BEGIN, END = "<!-- compare.sh --docs: begin -->", "<!-- end -->"


def write(folder, results, table, picture):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    (folder / "table.md").write_text(table + "\n")
    (folder / "ratios.svg").write_text(picture)


def machine_text(results):
    machine = results["machine"]
    peers = machine["versions"]
    return (f"Measured {results['when'][:10]} at commit {results['commit']} by `{results['command'].strip()}`, medians of "
            f"{results['rounds']} rounds of {results['seconds_each']:g} s each, in turn. The machine: "
            f"{machine['cores']} cores ({machine['cpu']}), {machine['memory_gib']:g} GiB, Linux {machine['kernel']}; the "
            f"disk's file on {machine['disk']}, where appending 4 KiB and `fdatasync` took {machine['sync_ms']:g} ms "
            f"(median); load average before it began {machine['load_average_before']:.2f}. Postfix {peers['postfix']}, "
            f"Dovecot {peers['dovecot']}.")


def update(docs, results, table, picture):
    """Replaces what stands between the marks in performance.md."""
    write(docs / "performance", results, table, picture)
    (docs / "performance" / "table.md").unlink()
    page = docs / "performance.md"
    block = "\n".join((BEGIN, "", machine_text(results), "", table, "",
                       "![The ratios as bars](performance/ratios.svg)", "", END))
    text, count = re.subn(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: block, page.read_text(), flags=re.DOTALL)
    if count != 1:
        raise RuntimeError(f"{page} has no place for the table: {BEGIN} … {END}")
    page.write_text(text)
