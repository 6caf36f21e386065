internal import PinionTensor

/// The steps of an augmentation, grouped into stages.
struct AugmentationPlan: Sendable {
  /// A step and its index in the list, which keys its random numbers.
  struct Placed<Step: Sendable>: Sendable {
    let place: Int
    let step: Step
  }

  enum Stage: Sendable {
    /// Affine maps that are combined into one.
    case geometric([Placed<any GeometricAugmentation>], ImageSampling)
    /// With the range of values that the step declares, if any.
    case image(Placed<any ImageAugmentation>, range: ClosedRange<Float>?)
    case mixing(Placed<any SampleMixing>)
  }

  let stages: [Stage]

  init(_ steps: [any AugmentationStep]) {
    var stages: [Stage] = []
    for (place, step) in steps.enumerated() {
      if let step = step as? any GeometricAugmentation {
        let placed = Placed(place: place, step: step)
        if case .geometric(let group, let sampling)? = stages.last,
          let merged = sampling.merged(with: step.sampling)
        {
          stages[stages.count - 1] = .geometric(group + [placed], merged)
        } else {
          stages.append(.geometric([placed], step.sampling))
        }
      } else if let step = step as? any ImageAugmentation {
        stages.append(
          .image(
            Placed(place: place, step: step),
            range: (step as? any RangedAugmentation)?.valueRange))
      } else if let step = step as? any SampleMixing {
        stages.append(.mixing(Placed(place: place, step: step)))
      }
    }
    self.stages = stages
  }

  /// Whether a step mixes samples.
  var mixes: Bool {
    stages.contains { if case .mixing = $0 { true } else { false } }
  }

  /// Applies a stage to an image; a mixing stage does nothing.
  ///
  /// - Parameters:
  ///   - stream: The image's random numbers; a step uses the substream of its place.
  ///   - scratch: As many floats as the image has.
  ///
  /// Throws if a value of the image is outside the range that the step declares.
  func apply(
    stage: Int, to image: ImageView, scratch: MemoryView<Float>, stream: RandomStream
  ) throws(ArgumentError) {
    switch stages[stage] {
    case .geometric(let group, let sampling):
      var transform = ImageTransform()
      for placed in group {
        var random = stream.substream(placed.place).generator
        transform = transform.followed(
          by: placed.step.transform(height: image.height, width: image.width, random: &random))
      }
      ResamplingKernel.resample(image, scratch: scratch, by: transform, sampling: sampling)
    case .image(let placed, let range):
      if let range {
        try ValueRangeCheck.check(image.pixels, range, before: type(of: placed.step).typeName)
      }
      var random = stream.substream(placed.place).generator
      placed.step.apply(to: image, scratch: scratch, random: &random)
    case .mixing: break
    }
  }
}
