public import PinionData

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

  /// The images without text.
  public var image: PixelImage {
    let columns = hasRows ? samples.map(\.images.count).max() ?? 1 : 10
    let images: [PixelImage?] = samples.flatMap { sample -> [PixelImage?] in
      let missing = hasRows ? columns - sample.images.count : sample.images.isEmpty ? 1 : 0
      return sample.images + [PixelImage?](repeating: nil, count: missing)
    }
    return .grid(images.map { $0?.enlarged(by: 2) }, columns: columns)
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
          image,
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
          image,
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
