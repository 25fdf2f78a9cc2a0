// Headless Chromium, as far as the tests of the page need it: the DOM after a page's scripts have
// run.
#pragma once

#include <string>

namespace lockstep::test {

/// Whether one is installed. Tests that need it then print kNoBrowser, on which CTest marks them as
/// skipped.
bool has_browser();
inline constexpr const char* kNoBrowser = "skipped: there is no chromium here";

/// The DOM of `page` as HTML, after its scripts have run. Fails the current test if the browser
/// does.
std::string dom_of(const std::string& page);

/// The text of the element with that id in a DOM; only for elements without children.
std::string text_of(const std::string& dom, const std::string& id);

}  // namespace lockstep::test
