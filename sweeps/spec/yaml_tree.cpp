#include "sweeps/spec/yaml_tree.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_set>

#include "sweeps/spec/source_text.hpp"
#include "sweeps/spec/sweep_spec.hpp"
#include "sweeps/spec/yaml_words.hpp"

namespace lockstep::spec {

namespace {
/// Leaves the parser; why is among the findings already.
struct Unusable {};

struct Extent {
  std::size_t nodes = 1;
  std::size_t depth = 1;
};

Extent extent_of(const Node& node) {
  Extent extent;
  for (const Node& item : node.items) {
    const Extent inner = extent_of(item);
    extent.nodes += inner.nodes;
    extent.depth = std::max(extent.depth, inner.depth + 1);
  }
  return extent;
}

/// Builds the tree from the parser's events. Aliases are copied, every copy is paid from the budget
/// of visits, so that neither time nor memory can exceed it.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceText& source, Findings& findings)
      : source_(source), findings_(findings) {}

  std::optional<Node> take() { return std::move(root_); }

  /// The list or map that is being read; nothing outside of all.
  std::optional<Place> innermost() const {
    return open_.empty() ? std::nullopt : std::optional(open_.back().node.place);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    stop(at(mark), "a second document", "one spec is one document: take the '---' away");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add({.kind = Node::Kind::null, .place = null_place(mark)}, anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const Place place = source_.place_of(mark.line, mark.column, value.size());
    refuse_tag(tag, place);
    if (!source_.is_closed(mark.line, mark.column)) {
      stop(place, "a quote is not closed", "close it with the quote that opened it");
    }
    add({.kind = Node::Kind::scalar, .place = place, .quoted = tag == "!", .text = value}, anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto named = named_.find(anchor);
    if (named == named_.end()) {
      stop(at(mark), "an alias of what it stands in: the spec would have no end", "write it out");
    }
    const Extent extent = extent_of(named->second);
    charge(extent.nodes, at(mark));
    check_depth(open_.size() + extent.depth, at(mark));
    attach(Node(named->second));
  }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    std::optional<Node> key;  ///< of a map: read, its value is still to come
    std::unordered_set<std::string> seen;
  };

  Place at(const YAML::Mark& mark) const { return source_.place_of(mark.line, mark.column, 0); }

  /// The parser gives an empty member of a list the place of what comes next; that of its '-' is
  /// meant.
  Place null_place(const YAML::Mark& mark) const {
    const Place place = source_.place_of(mark.line, mark.column, 0);
    const bool is_member = !open_.empty() && open_.back().node.kind == Node::Kind::list;
    const bool is_written = source_.is_null_word(mark.line, mark.column);
    return is_member && !is_written ? source_.place_before(mark.line, mark.column) : place;
  }

  [[noreturn]] void stop(const Place& place, std::string message, std::string hint) {
    findings_.error(place, std::move(message), std::move(hint));
    throw Unusable{};
  }

  void charge(std::size_t nodes, const Place& place) {
    visits_ += nodes;
    if (visits_ <= kMaxNodeVisits) return;
    stop(place, fmt::format("the spec has more than {} values", kMaxNodeVisits),
         "aliases count as often as they are used; use axes such as {range: [1, 100, 1]}");
  }

  void check_depth(std::size_t depth, const Place& place) {
    if (depth <= static_cast<std::size_t>(kMaxDepth)) return;
    stop(place, fmt::format("lists and maps inside each other, more than {} deep", kMaxDepth),
         "a spec needs five levels");
  }

  void refuse_tag(const std::string& tag, const Place& place) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    findings_.error(place, "tags are not part of the language",
                    "take the '!' away; put a number in quotes to make it text");
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    const Place place = at(mark);
    refuse_tag(tag, place);
    charge(1, place);
    check_depth(open_.size() + 1, place);
    open_.push_back({.node = {.kind = kind, .place = place}, .anchor = anchor});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    finish(std::move(done.node), done.anchor);
  }

  void add(Node node, YAML::anchor_t anchor) {
    charge(1, node.place);
    check_depth(open_.size() + 1, node.place);
    finish(std::move(node), anchor);
  }

  void finish(Node node, YAML::anchor_t anchor) {
    if (anchor != 0) {
      charge(extent_of(node).nodes, node.place);
      named_[anchor] = node;
    }
    attach(std::move(node));
  }

  void attach(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Node::Kind::list) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      parent.key = std::move(node);
    } else {
      member(parent, std::move(node));
    }
  }

  /// A member of a map, unless its key forbids it.
  void member(Open& parent, Node node) {
    const Node key = *std::exchange(parent.key, std::nullopt);
    if (key.kind != Node::Kind::scalar) {
      findings_.error(key.place, fmt::format("a key must be a word, found {}", found(key)),
                      "write 'key: value'");
    } else if (key.text == "<<" && !key.quoted) {
      findings_.error(key.place, "merge keys are not part of the language",
                      "write the keys out; what all runs share belongs under base");
    } else if (!parent.seen.insert(key.text).second) {
      findings_.error(key.place, fmt::format("{} is given twice", quoted(key.text)),
                      fmt::format("the first is on line {}; keep one of them",
                                  parent.node.find(key.text)->key_place.line));
    } else {
      node.key = key.text;
      node.key_place = key.place;
      if (node.kind == Node::Kind::null) node.place = key.place;
      parent.node.items.push_back(std::move(node));
    }
  }

  const SourceText& source_;
  Findings& findings_;
  std::optional<Node> root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Node> named_;
  std::size_t visits_ = 0;
  int documents_ = 0;
};

void parse(const SourceText& source, TreeBuilder& builder) {
  std::istringstream stream{std::string(source.text())};
  YAML::Parser parser(stream);
  while (parser.HandleNextDocument(builder)) {
  }
}

/// What the parser complains about, in our words. An open bracket is pointed at, not the end of the
/// file, and a tab in the indentation is named whatever the parser made of it.
void tell(const YAML::Exception& error, const SourceText& source, std::optional<Place> innermost,
          Findings& findings) {
  auto [message, hint] = complaint_about(error.msg);
  Place place =
      error.mark.is_null() ? Place{} : source.place_of(error.mark.line, error.mark.column, 0);
  const bool is_open =
      error.msg == YAML::ErrorMsg::END_OF_MAP_FLOW || error.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW;
  if (is_open && innermost) {
    place = *innermost;
  } else if (const auto tab = source.tab_in_indentation(error.mark.line)) {
    auto about_tab = complaint_about(YAML::ErrorMsg::TAB_IN_INDENTATION);
    place = *tab;
    message = std::move(about_tab.message);
    hint = std::move(about_tab.hint);
  }
  findings.error(place, std::move(message), std::move(hint));
}
}  // namespace

const Node* Node::find(std::string_view name) const {
  const auto item =
      std::find_if(items.begin(), items.end(), [&](const Node& node) { return node.key == name; });
  return kind == Kind::map && item != items.end() ? &*item : nullptr;
}

std::string found(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return quoted(node.text);
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "";
}

std::optional<Node> read_yaml(std::string_view text, Findings& findings) {
  const SourceText source(without_byte_order_mark(text));
  if (!is_fit_to_parse(source, findings)) return {};
  TreeBuilder builder(source, findings);
  try {
    parse(source, builder);
    return builder.take();
  } catch (const Unusable&) {
    return {};
  } catch (const YAML::Exception& error) {
    tell(error, source, builder.innermost(), findings);
    return {};
  }
}

}  // namespace lockstep::spec
