internal import CommandArguments
public import ExampleNetworks
internal import Pinion

extension Recipe: CustomStringConvertible {
  var augmentation: Augmentation { Augmentation(augment.compactMap(\.step)) }

  var augmentationText: String {
    let steps = augment.filter { $0.step != nil }
    return steps.isEmpty ? "none" : steps.map(\.description).joined(separator: ", ")
  }

  /// The schedule over the steps of `samples` training images.
  func learningRate(samples: Int) -> LearningRate {
    schedule.learningRate(
      from: learningRate, epochs: epochs, warmUp: warmUp,
      batchesPerEpoch: (samples - 1) / batchSize + 1)
  }

  /// The weight decay, which applies to kernels alone.
  var decayRules: [ParameterRule] {
    weightDecay > 0 ? [ParameterRule(role: .kernel, weightDecay: weightDecay)] : []
  }

  /// Names and values, in the words of the examples' options.
  ///
  /// - Parameter isValidated: Whether training may stop early.
  func settings(isValidated: Bool) -> [(name: String, value: String)] {
    var settings = [
      ("Optimizer", optimizer.rawValue), ("Learning rate", "\(learningRate)"),
      ("Schedule", "\(schedule)"), ("Batch size", "\(batchSize)"), ("Epochs", "\(epochs)"),
    ]
    if dropout > 0 { settings.append(("Dropout", "\(dropout)")) }
    if denseDropout > 0 { settings.append(("Dense dropout", "\(denseDropout)")) }
    if normalizationAxis != 1 { settings.append(("Normalization", "channels")) }
    if warmUp > 0 { settings.append(("Warm-up", "\(warmUp)")) }
    if weightDecay > 0 { settings.append(("Weight decay", "\(weightDecay)")) }
    if averaging > 0 { settings.append(("Averaging", "\(averaging)")) }
    if labelSmoothing > 0 { settings.append(("Label smoothing", "\(labelSmoothing)")) }
    settings.append(("Augmentation", augmentationText))
    settings.append(("Validation split", "\(validationSplit)"))
    if isValidated { settings.append(("Patience", "\(patience)")) }
    if testViews != .original { settings.append(("Views at test time", testViews.rawValue)) }
    return settings
  }

  /// The settings in a line.
  public var description: String {
    settings(isValidated: validationSplit > 0).map { "\($0.name.lowercased()) \($0.value)" }
      .joined(separator: ", ")
  }
}
