// ResNets of He et al. 2016 (arXiv 1512.03385). For CIFAR (section 4.2): a 3x3 stem, three stages
// of n basic blocks, shortcuts without parameters; 6 n + 2 layers. For ImageNet (table 1): a 7x7
// stem with max-pooling, four stages, projection shortcuts, and the stride of a bottleneck in its
// 3x3 convolution, as torchvision has it ("v1.5").
#include <ATen/ATen.h>

#include "trainer/nn/models.hpp"
#include "trainer/nn/residual_block.hpp"

namespace lockstep {

namespace {
constexpr std::int64_t kImageNetWidth = 64;

/// What tells one ResNet from another.
struct Design {
  bool imagenet_stem;  ///< 7x7 with stride 2 and a max-pooling with stride 2; else 3x3
  BlockKind block;
  Shortcut shortcut;
  std::vector<int> blocks;  ///< of each stage
  std::int64_t width;       ///< channels of the stem and inside the blocks of the first stage
  double last_scale = 1;    ///< where the last gamma of a block starts
};

class ResNet : public Model {
 public:
  ResNet(const Design& design, const DatasetRow& data)
      : pools_(design.imagenet_stem),
        stem_(layouts(), "conv1", "bn1",
              {.in = data.channels,
               .out = design.width,
               .kernel = design.imagenet_stem ? 7 : 3,
               .stride = design.imagenet_stem ? 2 : 1}),
        blocks_(stages(design)),
        fc_(parameters_, "fc", block_output(design.block, width_of_last_stage(design)),
            data.classes, Linear::Role::classifier) {}

  at::Tensor forward(const Weights& weights, const at::Tensor& images,
                     const Pass& pass) const override {
    at::Tensor x = stem_(weights, images, pass).relu_();
    if (pools_) x = at::max_pool2d(x, /*kernel=*/3, /*stride=*/2, /*padding=*/1);
    for (const ResidualBlock& block : blocks_) x = block(weights, x, pass);
    return fc_(weights, x.mean({2, 3}));
  }

 private:
  Layouts layouts() { return {parameters_, buffers_}; }

  static std::int64_t width_of_last_stage(const Design& design) {
    return design.width << (design.blocks.size() - 1);
  }

  std::vector<ResidualBlock> stages(const Design& design) {
    std::vector<ResidualBlock> blocks;
    std::int64_t in = design.width;
    for (std::size_t stage = 0; stage < design.blocks.size(); ++stage) {
      const std::int64_t width = design.width << stage;
      for (int i = 0; i < design.blocks[stage]; ++i) {
        const bool halves = stage > 0 && i == 0;
        blocks.emplace_back(layouts(),
                            "layer" + std::to_string(stage + 1) + "." + std::to_string(i),
                            ResidualBlock::Shape{design.block, design.shortcut, in, width,
                                                 halves ? 2 : 1, design.last_scale});
        in = block_output(design.block, width);
      }
    }
    return blocks;
  }

  bool pools_;
  ConvNorm stem_;
  std::vector<ResidualBlock> blocks_;
  Linear fc_;
};
}  // namespace

std::unique_ptr<Model> make_cifar_resnet(int blocks_per_stage, const RunConfig& config,
                                         const DatasetRow& data) {
  return std::make_unique<ResNet>(Design{.imagenet_stem = false,
                                         .block = BlockKind::basic,
                                         .shortcut = Shortcut::pad,
                                         .blocks = std::vector(3, blocks_per_stage),
                                         .width = config.integer("width")},
                                  data);
}

std::unique_ptr<Model> make_imagenet_resnet(BlockKind block, const std::vector<int>& blocks,
                                            const RunConfig& config, const DatasetRow& data) {
  return std::make_unique<ResNet>(Design{.imagenet_stem = true,
                                         .block = block,
                                         .shortcut = Shortcut::project,
                                         .blocks = blocks,
                                         .width = kImageNetWidth,
                                         .last_scale = config.flag("zero_gamma") ? 0.0 : 1.0},
                                  data);
}

}  // namespace lockstep
