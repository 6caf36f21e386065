package import PinionTensor

/// A view of an image for test-time augmentation: mirrored, shifted or unchanged.
///
/// Predictions are averaged over several views of each image, of which each shows the same class:
/// ```swift
/// let probabilities = try model.predict(images, views: [.original, .flipped])
/// ```
public struct TestTimeView: Sendable, Equatable {
  /// Mirrors the image along one axis or both; nil: neither.
  public var flip: RandomFlip.Direction?
  /// Rows by which the image, after the flip, is moved down.
  public var down: Int
  /// Columns by which the image, after the flip, is moved to the right.
  public var right: Int
  /// Values of the pixels that a shift uncovers.
  public var fill: FillMode

  /// Default: no shift; zeros are uncovered, as by ``PadAndCrop``.
  public init(
    flip: RandomFlip.Direction? = nil, down: Int = 0, right: Int = 0,
    fill: FillMode = .constant(value: 0)
  ) {
    self.flip = flip
    self.down = down
    self.right = right
    self.fill = fill
  }

  public static let original = TestTimeView()

  /// Left and right exchanged.
  public static let flipped = TestTimeView(flip: .horizontal)

  /// Moved by whole pixels.
  public static func shifted(
    down: Int = 0, right: Int = 0, fill: FillMode = .constant(value: 0)
  ) -> TestTimeView {
    TestTimeView(down: down, right: right, fill: fill)
  }

  /// Throws `ArgumentError` if images are not (H, W, C), a shift is not less than their size or the
  /// fill is not finite.
  package func validate(imageShape: Shape) throws(ArgumentError) {
    guard imageShape.rank == 3 else {
      throw ArgumentError(
        place: "the inputs for test-time views", expected: "images (height, width, channels)",
        found: "\(imageShape)")
    }
    guard down.magnitude < imageShape[0].magnitude, right.magnitude < imageShape[1].magnitude
    else {
      throw ArgumentError(
        place: "the shift of a test-time view",
        expected: "less than the image (\(imageShape[0]), \(imageShape[1]))",
        found: "(\(down), \(right))")
    }
    try fill.validate()
  }

  /// Changes an image in place.
  ///
  /// - Parameter scratch: As many floats as the image has.
  package func apply(to image: ImageView, scratch: MemoryView<Float>) {
    var map = ImageTransform(x0: -Double(right), y0: -Double(down))
    if flip == .horizontal || flip == .horizontalAndVertical {
      (map.xx, map.x0) = (-1, Double(image.width - 1 + right))
    }
    if flip == .vertical || flip == .horizontalAndVertical {
      (map.yy, map.y0) = (-1, Double(image.height - 1 + down))
    }
    ResamplingKernel.resample(
      image, scratch: scratch, by: map, sampling: ImageSampling(fill: fill))
  }
}

/// A data set whose images, its first inputs, are those of a test-time view.
package struct ViewedDataset: WrappingDataset {
  package let base: any Dataset
  private let view: TestTimeView

  /// Throws `ArgumentError` unless the view suits the images.
  package init(_ base: any Dataset, _ view: TestTimeView) throws(ArgumentError) {
    try view.validate(imageShape: base.inputShape)
    self.base = base
    self.view = view
  }

  package var scratchCount: Int { imageSize + base.scratchCount }

  private var imageSize: Int { inputShape.elementCount }

  package func copyInput(at index: Int, into view: MemoryView<Float>) throws {
    try base.copyInput(at: index, into: view)
    let scratch = AlignedBuffer(count: imageSize)
    withExtendedLifetime(scratch) { change(view, scratch: scratch.view) }
  }

  package func copySample(
    at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>
  ) throws {
    try base.copySample(
      at: index, epoch: epoch, into: sample, scratch: scratch[imageSize..<scratch.count])
    change(sample.input, scratch: scratch[0..<imageSize])
  }

  private func change(_ pixels: MemoryView<Float>, scratch: MemoryView<Float>) {
    let shape = inputShape
    view.apply(
      to: ImageView(pixels, height: shape[0], width: shape[1], channels: shape[2]),
      scratch: scratch)
  }
}
