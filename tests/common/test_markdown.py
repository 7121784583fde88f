from human_capture.common.markdown import table


def test_a_table_has_a_line_for_titles_and_one_for_each_row():
    found = table(["method", "error"], [["ours", "1"], ["theirs", "2"]])
    assert found == "| method | error |\n|---|---|\n| ours | 1 |\n| theirs | 2 |\n"


def test_a_table_may_have_no_rows():
    assert table(["method"], []) == "| method |\n|---|\n"
