internal import CommandArguments

// The settings of each network. Those of the report's seven were chosen on the validation images;
// Documentation/Experiments describes how.

extension FashionMNISTNetwork {
  public var recipe: Recipe {
    switch self {
    case .mlp: Recipe(epochs: 30, patience: 10)
    case .cnn: Recipe(epochs: 15, patience: 10)
    case .personal:
      .personal(
        epochs: 60, learningRate: 0.002, dropout: 0.3, denseDropout: 0.1, validationSplit: 0)
    case .best: .residual(epochs: 90)
    }
  }
}

extension CIFAR10Network {
  public var recipe: Recipe {
    switch self {
    case .mlp: Recipe(epochs: 40, patience: 15, learningRate: 0.0005, warmUp: 5)
    case .cnn: Recipe(epochs: 15, patience: 10)
    case .personal:
      .personal(
        epochs: 60, learningRate: 0.002, weightDecay: 0.05, dropout: 0.25, denseDropout: 0)
    case .best: .residual(epochs: 72)
    }
  }
}

extension CIFAR100Network {
  public var recipe: Recipe {
    switch self {
    case .personal:
      .personal(
        epochs: 50, learningRate: 0.002, weightDecay: 0.05, dropout: 0.3, denseDropout: 0.15)
    case .best: .residual(epochs: 40)
    }
  }
}

extension Recipe {
  /// Of the report author's networks.
  fileprivate static func personal(
    epochs: Int, learningRate: Double, weightDecay: Double = 0, dropout: Double,
    denseDropout: Double, validationSplit: Double = 0.1
  ) -> Recipe {
    var recipe = Recipe(epochs: epochs, patience: 15, learningRate: learningRate)
    recipe.weightDecay = weightDecay
    recipe.dropout = dropout
    recipe.denseDropout = denseDropout
    recipe.validationSplit = validationSplit
    return recipe
  }

  /// Of the residual networks: Muon, augmentation, and an average of the weights, on all training
  /// images.
  fileprivate static func residual(epochs: Int) -> Recipe {
    var recipe = Recipe(epochs: epochs, patience: epochs, learningRate: 0.05)
    recipe.batchSize = 250
    recipe.optimizer = .muon
    recipe.averaging = 0.995
    recipe.validationSplit = 0
    recipe.labelSmoothing = 0.1
    recipe.augment = ["flip", "crop=4", "erasing=0.25"].compactMap {
      AugmentationArgument(argument: $0)
    }
    recipe.testViews = .shifted
    return recipe
  }
}
