import Foundation
import Pinion
import Testing

@testable import ExampleNetworks
@testable import ExampleSupport

/// The settings of the examples' networks, and the options that replace them.
@Suite struct RecipeTests {
  private func recipe(_ arguments: String...) throws -> Recipe {
    try ExperimentOptions.parse(arguments).recipe(CIFAR10Network.personal.recipe)
  }

  @Test func optionsReplaceSettings() throws {
    let own = CIFAR10Network.personal.recipe
    #expect(try "\(recipe())" == "\(own)")
    let changed = try recipe(
      "--epochs", "7", "--batch-size", "9", "--optimizer", "nadam", "--learning-rate", "0.5",
      "--schedule", "linear", "--warm-up", "2", "--weight-decay", "0.25", "--averaging", "0.5",
      "--label-smoothing", "0.125", "--dropout", "0.75", "--dense-dropout", "0.625", "--patience",
      "3", "--validation-split", "0.5", "--normalization", "channels", "--test-views", "flipped",
      "--augment", "flip", "--augment", "crop=2")
    #expect(
      "\(changed)" == """
        optimizer nadam, learning rate 0.5, schedule linear, batch size 9, epochs 7, dropout 0.75, \
        dense dropout 0.625, normalization channels, warm-up 2, weight decay 0.25, averaging 0.5, \
        label smoothing 0.125, augmentation flip, crop=2, validation split 0.5, patience 3, views \
        at test time flipped
        """)
    #expect(changed.augmentation.steps.count == 2)
  }

  @Test func settingsCanBeTurnedOff() throws {
    let best = CIFAR10Network.best.recipe
    #expect(best.augmentation.steps.count == 3 && best.testViews == .shifted)
    let plain = try ExperimentOptions.parse(["--augment", "none", "--test-views", "original"])
      .recipe(best)
    #expect(plain.augmentation.steps.isEmpty && plain.augmentationText == "none")
    #expect(plain.testViews == .original)
  }

  /// The error for options with a network of Fashion-MNIST; nil if there is none.
  private func refusal(_ network: FashionMNISTNetwork, _ arguments: [String]) throws -> String? {
    let options = try ExperimentOptions.parse(arguments)
    do {
      try options.validate(
        network: network.rawValue, recipe: options.recipe(network.recipe),
        graph: network.graph(for:))
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func optionsWithoutEffectAreRefused() throws {
    for option in [["--dropout", "0.5"], ["--dense-dropout", "0"], ["--normalization", "rows"]] {
      for network in [FashionMNISTNetwork.mlp, .cnn, .best] {
        #expect(
          try refusal(network, option)
            == "--model \(network.rawValue) does not use \(option[0]).")
      }
      #expect(try refusal(.personal, option) == nil)
    }
    let unvalidated = try refusal(.mlp, ["--validation-split", "0", "--patience", "1"])
    #expect(unvalidated?.contains("--patience needs validation images") == true)
    #expect(try refusal(.best, ["--patience", "1", "--validation-split", "0.1"]) == nil)
    for network in FashionMNISTNetwork.allCases { #expect(try refusal(network, []) == nil) }
  }

  /// Steps that are read, but do not suit images of 28 × 28 pixels.
  @Test(arguments: [
    "rotation=1e9", "zoom=1", "shear=1e38", "translation=2", "brightness=2", "contrast=2",
    "jitter=5", "erasing=2", "crop=28", "cutout=29", "randaugment=100",
  ]) func augmentationOutOfRangeIsRefused(step: String) throws {
    let message = try refusal(.mlp, ["--augment", "flip", "--augment", step])
    #expect(message?.hasPrefix("--augment \(step): ") == true, "\(message ?? "none")")
    #expect(message?.contains("expected") == true, "\(message ?? "none")")
  }

  @Test func augmentationInRangeIsNotRefused() throws {
    let steps = [
      "flip", "rotation=360", "zoom=0.5", "shear=1", "translation=1", "brightness=1", "contrast=1",
      "jitter=1", "erasing=1", "crop=27", "cutout=28", "randaugment=30", "trivialaugment", "mixup",
      "cutmix",
    ]
    #expect(try refusal(.mlp, steps.flatMap { ["--augment", $0] }) == nil)
    #expect(try refusal(.mlp, ["--augment", "none"]) == nil)
  }

  @Test func viewsAtTestTime() {
    #expect(Recipe.TestViews.original.views == [.original])
    #expect(Recipe.TestViews.flipped.views == [.original, .flipped])
    let shifted = Recipe.TestViews.shifted.views
    #expect(shifted.count == 10 && Array(shifted.prefix(2)) == [.original, .flipped])
    for (down, right) in [(-1, 0), (1, 0), (0, -1), (0, 1)] {
      #expect(shifted.contains(.shifted(down: down, right: right)))
      #expect(shifted.contains(TestTimeView(flip: .horizontal, down: down, right: right)))
    }
  }

  /// Ten batches an epoch, the last one partial; two epochs of warm-up.
  @Test func warmUpPrecedesTheSchedule() throws {
    let rate = try recipe(
      "--epochs", "6", "--batch-size", "10", "--learning-rate", "0.5", "--warm-up", "2"
    ).learningRate(samples: 95)
    for (step, expected) in [(0, 0), (10, 0.25), (20, 0.5), (40, 0.25), (60, 0)] {
      #expect(abs(rate.rate(at: step) - expected) < 1e-12, "\(step)")
    }
    let short = try recipe("--epochs", "1", "--batch-size", "10", "--warm-up", "3")
      .learningRate(samples: 95)
    #expect((0..<10).allSatisfy { short.rate(at: $0) < 0.001 })
  }

  @Test func kernelsAloneDecay() throws {
    #expect(try recipe("--weight-decay", "0").decayRules.isEmpty)
    #expect(
      try recipe("--weight-decay", "0.25").decayRules
        == [ParameterRule(role: .kernel, weightDecay: 0.25)])
  }

  @Test func networksFollowTheRecipe() throws {
    let graph = try CIFAR10Network.personal.graph(
      for: recipe(
        "--dropout", "0.75", "--dense-dropout", "0.5", "--normalization", "channels"))
    let layers = graph.layers.map(\.layer)
    #expect(layers.compactMap { ($0 as? Dropout)?.rate } == [0.75, 0.75, 0.75, 0.75, 0.5])
    // Channels of 3, 32, 32, 64, 64 feature maps, and 512 values.
    #expect(graph.parameterCounts.nonTrainable == 2 * (3 + 32 + 32 + 64 + 64 + 512))
  }
}
