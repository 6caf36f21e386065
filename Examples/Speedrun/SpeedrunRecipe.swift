internal import ExampleNetworks
internal import Pinion

/// The hyperparameters of the speed run, those of airbench94_muon (Jordan 2024) in terms of this
/// library, but for the batch size, which is 2000 there.
///
/// Twice as many steps of half the images reach the same accuracy in 7 epochs instead of 8. A step
/// turns the filters, whose norms are kept, by less, 0.17 = 0.24 / √2. Steps cost little beside
/// their images on a CPU; a GPU computes large batches faster.
///
/// There, losses are summed over the batch, and the head's outputs divided by its 256 inputs. Here
/// losses are means, and the head's weights contain the division: rates of biases are multiplied by
/// the batch size, the rate of the head by the batch size / 256². Coupled decay, which acts through
/// the momentum μ, is decoupled decay times 1 / (1 − μ).
struct SpeedrunRecipe: Encodable {
  var epochs = 7.0
  var batchSize = 1_000
  /// Of the images for the whitening.
  var whitenedImages = 5_000
  var labelSmoothing = 0.2
  /// Pixels by which images move.
  var translation = 2
  /// The rate of convolutions, by Muon, at the first step; it falls linearly to 0.
  var learningRate = 0.17
  var momentum = 0.6
  var newtonSchulzSteps = 3
  /// Of the offsets of normalizations and the head.
  var sgdMomentum = 0.85
  /// The rate of offsets of normalizations, per sample of a batch.
  var offsetRate = 0.053
  /// The rate of the head, per sample of a batch, before the division by the squared width.
  var headRate = 0.67
  /// The decay of offsets and of the head by the first step, per sample of a batch.
  var weightDecay = 2e-6

  func steps(perEpoch: Int) -> Int { max(1, Int((epochs * Double(perEpoch)).rounded(.up))) }

  func optimizer(steps: Int) -> Muon {
    let batch = Double(batchSize)
    let width = Double(SpeedrunNetwork.widths.last ?? 1)
    let (offsets, head) = (offsetRate * batch, headRate * batch / (width * width))
    let decay = weightDecay * batch / (1 - sgdMomentum)
    return Muon(
      learningRate: .polynomialDecay(
        initialLearningRate: learningRate, decaySteps: steps, endLearningRate: 0),
      momentum: momentum, newtonSchulzSteps: newtonSchulzSteps, rootMeanSquareRate: nil,
      excludedNames: [SpeedrunNetwork.head], weightDecay: nil, weightNormRatio: 1,
      sgdMomentum: sgdMomentum,
      parameterRules: [
        ParameterRule(
          role: .normalization, learningRateMultiplier: offsets / learningRate,
          weightDecay: decay / offsets),
        ParameterRule(
          name: SpeedrunNetwork.head, learningRateMultiplier: head / learningRate,
          weightDecay: decay / head),
      ])
  }
}
