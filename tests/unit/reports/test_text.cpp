#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <set>

#include "reports/text/apart.hpp"
#include "reports/text/escape.hpp"
#include "reports/text/format.hpp"
#include "reports/text/table.hpp"

using namespace lockstep;

TEST_CASE("text from outside is cleaned") {
  CHECK(plain("a\033[31mb") == "a [31mb");
  CHECK(plain("\xff\xfe") == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(plain("\xC3\xA9") == "\xC3\xA9");
  CHECK(plain("\xC3") == "\xEF\xBF\xBD");                                  // cut short
  CHECK(plain("\xC0\xAF") == "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
  CHECK(plain("\xED\xA0\x80").find("\xED\xA0\x80") == std::string::npos);  // surrogate
  CHECK(plain("a\xE2\x80\xAE"
              "b") == "a b");  // right-to-left override
  CHECK(plain("a\xC2\x9B"
              "b") == "a b");  // C1 control
  CHECK(plain(std::string("a\0b", 3)) == "a b");
}

TEST_CASE("XML") {
  CHECK(escape_xml("<a href=\"x\">'&'") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;");
}

TEST_CASE("Markdown") {
  CHECK(escape_markdown("local_sgd H=4") == "local_sgd H=4");
  CHECK(escape_markdown("a|b") == "a\\|b");
  CHECK(escape_markdown("_x_ *y* `z`") == "\\_x\\_ \\*y\\* \\`z\\`");
  CHECK(escape_markdown("<script>") == "&lt;script&gt;");
  CHECK(escape_markdown("[a](b)") == "\\[a\\](b)");
  CHECK(escape_markdown("a\nb") == "a b");
}

TEST_CASE("CSV") {
  CHECK(csv_text("plain") == "plain");
  CHECK(csv_text("a,b") == "\"a,b\"");
  CHECK(csv_text("say \"x\"") == "\"say \"\"x\"\"\"");
  CHECK(csv_text("a\nb") == "\"a\nb\"");
  for (const char* formula : {"=1+1", "+1", "-1", "@x", "\tx"}) CHECK(csv_text(formula)[0] == '\'');
  CHECK(csv_text("\rx") == "\"'\rx\"");
}

TEST_CASE("widths are counted in code points") {
  CHECK(display_width("ab\xE2\x80\x93") == 3);
  CHECK(shorten("abcdef", 4) == "abc\xE2\x80\xA6");
  CHECK(shorten("\xC3\xA9\xC3\xA9\xC3\xA9", 2) == "\xC3\xA9\xE2\x80\xA6");
  CHECK(shorten("abc", 3) == "abc");
  CHECK(shorten("abc", 0).empty());
}

TEST_CASE("numbers have one form") {
  CHECK(fixed(-0.0, 2) == "0.00");
  CHECK(fixed(-0.001, 2) == "0.00");
  CHECK(fixed(NAN, 2) == kNone);
  CHECK(percent(0.8642) == "86.42");
  CHECK(seconds(0.01234) == "0.0123 s");
  CHECK(seconds(12.34) == "12.3 s");
  CHECK(seconds(1234567) == "1,234,567 s");
  CHECK(seconds(INFINITY) == "\xE2\x88\x9E");
  CHECK(bytes(1234) == "1.23 kB");
  CHECK(bytes(999) == "999 B");
  CHECK(bytes(1e18) == "1000 PB");
  CHECK(count(1234) == "1,234");
  CHECK(compact(8, 3) == "8");
  CHECK(compact(0.05, 3) == "0.05");
  CHECK(compact(15.384, 3) == "15.4");
  CHECK(compact(100, 3) == "100");
  CHECK(significant(1e-7, 3) == "1.00e-07");
}

TEST_CASE("intervals of no width are left out of times") {
  CHECK(seconds_with_ci(estimate({2, 2, 2})) == "2.000 s");
  CHECK(seconds_with_ci(estimate({1, 2, 3})) == "2.000 s [-0.484, 4.484]");
  CHECK(percent_with_ci(estimate({.5, .5, .5})) == "50.00 [50.00, 50.00]");
  CHECK(percent_with_ci(estimate({.5})) == "50.00");
}

TEST_CASE("tables") {
  Table table{.caption = "c|d", .columns = {{"name"}, {"n", true}}};
  table.add({"a|b", "1"}, Weight::strong);
  table.add({"<i>", "22"}, Weight::dim);
  CHECK(markdown_table(table) ==
        "**c\\|d**\n\n| name | n |\n|---|---:|\n| **a\\|b** | 1 |\n| &lt;i&gt; | 22 |\n");
  CHECK(html_table(table).find("<tr class=\"dim\"><th scope=row>&lt;i&gt;<td class=n>22</tr>") !=
        std::string::npos);
  CHECK(text_table(table, 80) == "name   n\na|b    1\n<i>   22\n");
}

TEST_CASE("a terminal table gives way from the first column, then from the end") {
  Table table{.columns = {{"a long name"}, {"one", true}, {"two", true}}};
  table.add({"something long", "1", "2"});
  CHECK(text_table(table, 20) ==
        "a long na\xE2\x80\xA6  one  two\nsomething\xE2\x80\xA6    1    2\n");
  CHECK(text_table(table, 14) == "a long n\xE2\x80\xA6  one\nsomethin\xE2\x80\xA6    1\n");
}

TEST_CASE("spare columns go before the elastic one gives way") {
  Table table{.columns = {{""}, {"cell"}, {"n", true}, {"more"}}, .elastic = 1, .spare = 1};
  table.add({"A", "something long", "1", "x"});
  CHECK(text_table(table, 40) == "   cell            n  more\nA  something long  1  x\n");
  CHECK(text_table(table, 22) == "   cell            n\nA  something long  1\n");
  CHECK(text_table(table, 18) == "   cell          n\nA  something l\xE2\x80\xA6  1\n");
}

TEST_CASE("shortened labels show where they differ") {
  const std::vector<std::string> labels{"slowmo H=16 slow_momentum=0.5 slow_lr=1",
                                        "slowmo H=16 slow_momentum=0.7 slow_lr=1", "sync_sgd"};
  CHECK(shorten_apart(labels, 26) == std::vector<std::string>{"slowmo…slow_momentum=0.5 …",
                                                              "slowmo…slow_momentum=0.7 …",
                                                              "sync_sgd"});
  CHECK(shorten_apart(labels, 80) == labels);
}

TEST_CASE("shortened labels stay apart, keep their width and their order") {
  std::mt19937_64 source(3);
  const std::vector<std::string> words{"H=16",        "H=4", "lr=0.1",
                                       "slow_lr=0.5", "ü=1", "aaaaaaaaaaaa"};
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<std::string> labels;
    for (int i = 0; i < 6; ++i) {
      std::string label = "local_sgd_with_a_long_name";
      for (std::size_t k = 0; k < 1 + source() % 5; ++k)
        label += " " + words[source() % words.size()];
      labels.push_back(label);
    }
    const std::set<std::string> distinct(labels.begin(), labels.end());
    const auto shown = shorten_apart(labels, 34);
    REQUIRE(shown.size() == labels.size());
    for (std::size_t i = 0; i < shown.size(); ++i) {
      CHECK(display_width(shown[i]) <= 34);
      CHECK(plain(shown[i]) == shown[i]);  // no code point is cut
      if (display_width(labels[i]) <= 34) CHECK(shown[i] == labels[i]);
    }
    CHECK(std::set<std::string>(shown.begin(), shown.end()).size() == distinct.size());
  }
}
