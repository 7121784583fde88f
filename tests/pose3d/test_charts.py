from xml.etree import ElementTree

import pytest

from human_capture.pose3d.charts import Line, line_chart


def test_a_chart_is_valid_xml_with_every_point_and_name():
    lines = [
        Line("a < b", [(2.0, 80.0), (4.0, 40.0)]),
        Line("c", [(2.0, 20.0), (4.0, 10.0)]),
    ]
    tree = ElementTree.fromstring(line_chart(lines, "cameras", "mm"))
    circles = [node for node in tree.iter() if node.tag.endswith("circle")]
    assert len(circles) == 4 + 2  # the points and the legend
    texts = {node.text for node in tree.iter() if node.tag.endswith("text")}
    assert {"a < b", "c", "cameras", "mm", "2", "4"} <= texts


def test_higher_values_lie_higher():
    tree = ElementTree.fromstring(
        line_chart([Line("a", [(1.0, 5.0), (2.0, 9.0)])], "", "")
    )
    dots = [n for n in tree.iter() if n.tag.endswith("circle") and n.get("r") == "3.5"]
    assert float(dots[0].get("cy")) > float(dots[1].get("cy"))


@pytest.mark.parametrize("top", [0.3, 1.0, 7.2, 95.0, 120.0])
def test_nothing_leaves_the_chart(top):
    tree = ElementTree.fromstring(line_chart([Line("a", [(1.0, top)])], "", ""))
    dots = [n for n in tree.iter() if n.tag.endswith("circle")]
    assert all(0 <= float(dot.get("cy")) <= 420 for dot in dots)
