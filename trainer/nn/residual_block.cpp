#include "trainer/nn/residual_block.hpp"

#include <ATen/ATen.h>

namespace lockstep {

ConvNorm::ConvNorm(Layouts layouts, const std::string& conv, const std::string& norm,
                   const Conv::Shape& shape, double scale)
    : conv_(layouts.parameters, conv, shape),
      norm_(layouts.parameters, layouts.buffers, norm, shape.out, scale) {}

namespace {
std::vector<Conv::Shape> branch_of(const ResidualBlock::Shape& shape) {
  const std::int64_t width = shape.width;
  if (shape.kind == BlockKind::basic)
    return {{.in = shape.in, .out = width, .stride = shape.stride}, {.in = width, .out = width}};
  return {{.in = shape.in, .out = width, .kernel = 1},
          {.in = width, .out = width, .stride = shape.stride},
          {.in = width, .out = block_output(shape.kind, width), .kernel = 1}};
}
}  // namespace

ResidualBlock::ResidualBlock(Layouts layouts, const std::string& name, const Shape& shape)
    : out_(block_output(shape.kind, shape.width)), stride_(shape.stride) {
  const auto convolutions = branch_of(shape);
  for (std::size_t i = 0; i < convolutions.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    const bool last = i + 1 == convolutions.size();
    branch_.emplace_back(layouts, name + ".conv" + number, name + ".bn" + number, convolutions[i],
                         last ? shape.last_scale : 1);
  }
  if (shape.shortcut == Shortcut::project && (shape.in != out_ || stride_ != 1)) {
    projection_.emplace(layouts, name + ".downsample.0", name + ".downsample.1",
                        Conv::Shape{.in = shape.in, .out = out_, .kernel = 1, .stride = stride_});
  }
}

at::Tensor ResidualBlock::shortcut(const Weights& weights, const at::Tensor& x,
                                   const Pass& pass) const {
  if (projection_) return (*projection_)(weights, x, pass);
  if (x.size(1) == out_) return x;
  const at::Tensor some = x.slice(2, 0, x.size(2), stride_).slice(3, 0, x.size(3), stride_);
  return at::constant_pad_nd(some, {0, 0, 0, 0, 0, out_ - x.size(1)});
}

at::Tensor ResidualBlock::operator()(const Weights& weights, const at::Tensor& x,
                                     const Pass& pass) const {
  // In place: the backward of BatchNorm looks at its input, that of the ReLU at its output.
  at::Tensor y = branch_.front()(weights, x, pass);
  for (std::size_t i = 1; i < branch_.size(); ++i) y = branch_[i](weights, y.relu_(), pass);
  return y.add_(shortcut(weights, x, pass)).relu_();
}

}  // namespace lockstep
