"""The pictures of docs/pictures: pages of the standing demo city, always of the same size and letters."""

import os
import re
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pylopdf_fonts_zh_cn
from PIL import Image
from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
WIDTH, LOW, HIGH = 1100, 400, 820  # a short page is cut below its end
COLOURS = 48
END = """Math.max(...[...document.querySelectorAll("main > *, .menu *")].map((each) => each.getBoundingClientRect().bottom))"""
OPEN = """document.querySelectorAll(".menu details").forEach((each) => { each.open = true; })"""
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--font-render-hinting=none"]
# The letters of our PDFs: nothing that this machine happens to have.
LETTERS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>"""


class Picture(NamedTuple):
    """Who looks, and the links he follows by their words; `?…` is a filter, ROW the first of a list."""

    name: str
    role: str
    way: tuple[str, ...]


SECRETARY, EMPLOYER, BRANCH = "社区党组织书记", "单位党组织书记", "支部书记"
ROW = "tbody a"
PICTURES = (
    Picture("inbox", SECRETARY, ()),
    Picture("needs", SECRETARY, ("诉求",)),
    Picture("need", SECRETARY, ("诉求", ROW)),
    Picture("registrations", SECRETARY, ("报到", "?status=active")),
    Picture("counter", SECRETARY, ("报到", "线下报到", "?employer=水务")),
    Picture("need-entry", SECRETARY, ("诉求", "代录诉求")),
    Picture("members", SECRETARY, ("党员",)),
    Picture("sheets", SECRETARY, ("反馈单", "?stage=signed")),
    Picture("sheet", SECRETARY, ("反馈单", "?stage=signed", ROW)),
    Picture("orders", SECRETARY, ("服务订单",)),
    Picture("candidates", SECRETARY, ("服务订单", ROW, "邀请党员")),
    Picture("attendance-sheet", SECRETARY, ("服务订单", ROW, "打印到场名单")),
    Picture("order-done", SECRETARY, ("服务订单", "?stage=ended", ROW)),
    Picture("records", SECRETARY, ("服务记录",)),
    Picture("statistics", SECRETARY, ("统计",)),
    Picture("triage", SECRETARY, ("周研判",)),
    Picture("branch-order", BRANCH, ("可承接的服务", ROW)),
    Picture("summary", EMPLOYER, ("汇总单", ROW)),
    Picture("roster", EMPLOYER, ("党员名册",)),
    Picture("roster-upload", EMPLOYER, ("党员名册", "上传名册文件")),
)


def main(url: str) -> None:
    """Every picture is in its place."""
    with tempfile.TemporaryDirectory() as cache, sync_playwright() as playwright:
        settings = Path(cache) / "fonts.conf"
        fonts = pylopdf_fonts_zh_cn.sans_path().parent
        settings.write_text(LETTERS.format(fonts=fonts, cache=cache))
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=FLAGS,
            env={**os.environ, "FONTCONFIG_FILE": str(settings)},
        )
        for role in dict.fromkeys(each.role for each in PICTURES):
            context = browser.new_context(
                viewport={"width": WIDTH, "height": HIGH},
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
            )
            page = context.new_page()
            page.goto(f"{url}/console/sign-in")
            if role:
                page.get_by_role("button", name=re.compile(f"· {role} ·")).click()
                page.wait_for_url("**/console/")
            home = page.url
            for picture in (each for each in PICTURES if each.role == role):
                page.goto(home)
                take(page, picture)
            context.close()
        browser.close()


def take(page: Page, picture: Picture) -> None:
    """The page at the end of the way, from its top to its end or a screen below."""
    for step in picture.way:
        page.evaluate(OPEN)
        if step.startswith("?"):
            page.goto(page.url.partition("?")[0] + step)
        elif step == ROW:
            page.locator(ROW).first.click()
        else:
            page.get_by_role("link", name=step, exact=True).first.click()
    page.wait_for_load_state("networkidle")
    tall = int(page.evaluate(END)) + 24
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": min(max(tall, LOW), HIGH)}
    shot = Image.open(BytesIO(page.screenshot(clip=clip)))  # type: ignore[arg-type] # a plain dict
    file = FOLDER / f"{picture.name}.png"
    shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    print(f"{file.name:24} {file.stat().st_size // 1024:4} KB")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    main(sys.argv[1])
