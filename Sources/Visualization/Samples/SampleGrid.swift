public import PinionData
internal import PinionTensor

/// Sample images by class: one row per class if a class has several images, otherwise ten classes
/// per row.
public struct SampleGrid: Sendable, Equatable {
  public let samples: [ClassSamples]

  private static let fontSize = 12.0
  private static let imageSide = 48.0
  private static let spacing = 4.0
  private static let tile = 92.0

  public init(_ samples: [ClassSamples]) { self.samples = samples }

  /// Whether each class has its own row.
  package var hasRows: Bool { samples.contains { $0.images.count > 1 } }

  /// The images without text, reduced to at most 168 pixels on each side.
  public var image: PixelImage {
    let columns = hasRows ? samples.map(\.images.count).max() ?? 1 : 10
    let images: [PixelImage?] = samples.flatMap { sample -> [PixelImage?] in
      let missing = hasRows ? columns - sample.images.count : sample.images.isEmpty ? 1 : 0
      return sample.images + [PixelImage?](repeating: nil, count: missing)
    }
    return .grid(
      images.map {
        $0?.thumbnail.enlarged(toSide: PixelImage.thumbnailSide, limit: 2)
      }, columns: columns)
  }

  public var drawing: Drawing { hasRows ? rows : tiles }

  private var title: String { "Sample images of \(samples.count) classes" }

  private var rows: Drawing {
    let limit = 150.0
    let names = samples.map { TextMetrics.truncated($0.name, to: limit, size: Self.fontSize) }
    let nameWidth = names.map { TextMetrics.width($0, size: Self.fontSize) }.max() ?? 0
    let step = Self.imageSide + Self.spacing
    let columns = samples.map(\.images.count).max() ?? 1
    var drawing = Drawing(
      width: nameWidth + 14 + Double(columns) * step, height: Double(samples.count) * step,
      title: title)
    for (row, sample) in samples.enumerated() {
      let y = Double(row) * step + Self.spacing / 2
      drawing.text(
        names[row], at: Point(nameWidth + 4, y + Self.imageSide / 2), size: Self.fontSize,
        anchor: .end, vertical: .middle, tooltip: sample.name)
      for (column, image) in sample.images.enumerated() {
        drawing.image(
          image.thumbnail,
          in: Frame(
            x: nameWidth + 14 + Double(column) * step, y: y, width: Self.imageSide,
            height: Self.imageSide),
          label: sample.name)
      }
    }
    return drawing
  }

  private var tiles: Drawing {
    let columns = min(10, max(1, samples.count))
    let height = Self.imageSide + 26
    let rowCount = (samples.count + columns - 1) / columns
    var drawing = Drawing(
      width: Double(columns) * Self.tile, height: max(1, Double(rowCount)) * height, title: title)
    for (index, sample) in samples.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      let center = (Double(column) + 0.5) * Self.tile
      let y = Double(row) * height + 2
      if let image = sample.images.first {
        drawing.image(
          image.thumbnail,
          in: Frame(
            x: center - Self.imageSide / 2, y: y, width: Self.imageSide, height: Self.imageSide),
          label: sample.name)
      }
      drawing.text(
        TextMetrics.truncated(sample.name, to: Self.tile - 6, size: Self.fontSize),
        at: Point(center, y + Self.imageSide + 4), size: Self.fontSize, anchor: .middle,
        vertical: .top, tooltip: sample.name)
    }
    return drawing
  }
}

/// Sample images of a class.
public struct ClassSamples: Sendable, Equatable {
  /// The name of the class.
  public var name: String
  public var images: [PixelImage]

  public init(_ name: String, images: [PixelImage]) {
    self.name = name
    self.images = images
  }

  /// The first images of each class of a data set, in class order.
  ///
  /// - Parameter limit: The largest number of images per class. Default: 10, or 1 if there are more
  ///   than 20 classes.
  public static func first(of dataset: ImageDataset, limit: Int? = nil) -> [ClassSamples] {
    let names = dataset.classNames ?? []
    let limit = limit ?? (names.count > 20 ? 1 : 10)
    var samples = names.map { ClassSamples($0, images: []) }
    for (index, label) in dataset.labels.enumerated() where samples[label].images.count < limit {
      samples[label].images.append(PixelImage(dataset, at: index))
    }
    return samples
  }
}

/// Renders samples of any image data set.
package struct SampleImages {
  private let dataset: any Dataset
  /// (height, width, channels).
  private let shape: Shape
  /// The values shown as black and white.
  private let range: ClosedRange<Float>

  /// Nil unless inputs have shape (height, width) or (height, width, channels).
  ///
  /// - Parameter indices: The samples that will be shown, all on one scale: 0...1 or 0...255 if all
  ///   values lie in it, else from the minimum to the maximum of these samples.
  package init?(_ dataset: any Dataset, showing indices: some Sequence<Int>) throws {
    let inputShape = dataset.inputShape
    guard (2...3).contains(inputShape.rank), inputShape.checkedElementCount != nil else {
      return nil
    }
    self.dataset = dataset
    shape = inputShape.rank == 3 ? inputShape : [inputShape[0], inputShape[1], 1]
    guard !(dataset is ImageDataset) else {
      range = 0...1
      return
    }
    let buffer = AlignedBuffer(count: shape.elementCount)
    var (smallest, largest) = (Float.infinity, -Float.infinity)
    for index in indices {
      try dataset.copyInput(at: index, into: buffer.view)
      for value in buffer.view.array where value.isFinite {
        (smallest, largest) = (min(smallest, value), max(largest, value))
      }
    }
    range =
      smallest >= 0 && largest <= 1
      ? 0...1
      : smallest >= 0 && largest <= 255 ? 0...255 : smallest < largest ? smallest...largest : 0...1
  }

  /// The image of a sample. With 2 or more than 4 channels, the first channel as gray.
  package func image(at index: Int) throws -> PixelImage {
    if let images = dataset as? ImageDataset { return PixelImage(images, at: index) }
    let buffer = AlignedBuffer(count: shape.elementCount)
    try dataset.copyInput(at: index, into: buffer.view)
    let stored = shape[2]
    let isWhole = [1, 3, 4].contains(stored)
    let values = buffer.view.array
    let taken = stride(from: 0, to: values.count, by: isWhole ? 1 : stored).map { byte(values[$0]) }
    return PixelImage(
      width: shape[1], height: shape[0], channels: isWhole ? stored : 1, bytes: taken)
  }

  private func byte(_ value: Float) -> UInt8 {
    // Double precision, because the difference of two floats may overflow.
    let (low, high) = (Double(range.lowerBound), Double(range.upperBound))
    let fraction = (Double(value) - low) / (high - low)
    return fraction.isNaN ? 0 : UInt8((min(1, max(0, fraction)) * 255).rounded())
  }
}
