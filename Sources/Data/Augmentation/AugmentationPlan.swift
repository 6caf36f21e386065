internal import PinionTensor

/// The steps of an augmentation, sorted into what is done at once.
struct AugmentationPlan: Sendable {
  /// A step and its place in the list, which its random numbers depend on.
  struct Placed<Step: Sendable>: Sendable {
    let place: Int
    let step: Step
  }

  enum Stage: Sendable {
    /// Maps that are combined into one.
    case geometric([Placed<any GeometricAugmentation>], ImageSampling)
    /// Of one that declares a range, which values must lie in.
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

  /// Applies a stage to an image; nothing if it mixes, or if values are outside the range that it declares, which is returned then.
  ///
  /// - Parameters:
  ///   - stream: The image's own numbers; a step's are those of the substream of its place.
  ///   - scratch: As many floats as the image has.
  func apply(
    stage: Int, to image: ImageView, scratch: MemoryView<Float>, stream: RandomStream
  ) -> (step: String, ArgumentError)? {
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
      if let range, let problem = ValueRangeCheck.problem(image.pixels, range) {
        return (type(of: placed.step).typeName, problem)
      }
      var random = stream.substream(placed.place).generator
      placed.step.apply(to: image, scratch: scratch, random: &random)
    case .mixing: break
    }
    return nil
  }
}
