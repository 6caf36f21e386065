public import PinionData
public import PinionTensor

/// Images with their true and predicted classes. Incorrect predictions are marked by color, frame
/// and symbol.
public struct PredictionGrid: Sendable, Equatable {
  /// In row-major order.
  public let predictions: [Prediction]
  /// Clamped to 1...100. Default: 5.
  public let columns: Int

  private static let tile = 132.0
  private static let imageSide = 84.0
  private static let fontSize = 12.0

  public init(_ predictions: [Prediction], columns: Int = 5) {
    self.predictions = predictions
    self.columns = max(1, min(100, columns))
  }

  /// The images without text, reduced to at most 168 pixels on each side, in colored frames:
  /// vermillion for incorrect predictions, green for correct ones.
  public var image: PixelImage {
    let frames = predictions.map { $0.isCorrect ? Palette.green : Palette.vermillion }
    return .grid(
      predictions.map { $0.image.thumbnail.enlarged(toSide: 112) }, columns: columns, spacing: 6,
      frames: Dictionary(uniqueKeysWithValues: frames.enumerated().map { ($0.offset, $0.element) }))
  }

  public var drawing: Drawing {
    let rows = (predictions.count + columns - 1) / columns
    let height = Self.imageSide + 62
    let wrong = predictions.count { !$0.isCorrect }
    var drawing = Drawing(
      width: Double(min(columns, max(1, predictions.count))) * Self.tile,
      height: max(1, Double(rows)) * height,
      title: "\(predictions.count) predictions, \(wrong) incorrect",
      details: predictions.map(\.sentence).joined(separator: "; "))
    for (index, prediction) in predictions.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      draw(
        prediction, in: &drawing, at: Point(Double(column) * Self.tile, Double(row) * height + 6))
    }
    return drawing
  }

  private func draw(_ prediction: Prediction, in drawing: inout Drawing, at corner: Point) {
    let frame = Frame(
      x: corner.x + (Self.tile - Self.imageSide) / 2, y: corner.y, width: Self.imageSide,
      height: Self.imageSide)
    drawing.image(prediction.image.thumbnail, in: frame, label: prediction.sentence)
    let paint = prediction.isCorrect ? Paint.correct : Paint.incorrect
    drawing.rectangle(frame, stroke: paint, width: prediction.isCorrect ? 1.5 : 4)
    let limit = Self.tile - 8
    func line(_ text: String, _ number: Int, _ paint: Paint, isBold: Bool = false) {
      drawing.text(
        TextMetrics.truncated(text, to: limit, size: Self.fontSize, isBold: isBold),
        at: Point(frame.center.x, frame.bottom + 4 + Double(number) * 15), size: Self.fontSize,
        paint, anchor: .middle, vertical: .top, isBold: isBold, tooltip: text)
    }
    let probability = NumberFormat.percent(prediction.probability)
    if prediction.isCorrect {
      line("✓ " + prediction.predicted, 0, paint, isBold: true)
      line(probability, 1, .muted)
    } else {
      line("✗ " + prediction.predicted, 0, paint, isBold: true)
      line("is " + prediction.actual, 1, .ink)
      line(probability, 2, .muted)
    }
  }
}

extension Prediction {
  /// A text alternative to the image.
  var sentence: String {
    let probability = NumberFormat.percent(probability)
    return isCorrect
      ? "\(actual), predicted with probability \(probability)"
      : "\(actual), incorrectly predicted as \(predicted) with probability \(probability)"
  }
}

/// An image with its true and its predicted class.
public struct Prediction: Sendable, Equatable {
  public var image: PixelImage
  /// The name of the true class.
  public var actual: String
  /// The name of the predicted class.
  public var predicted: String
  /// The predicted class's probability in 0...1.
  public var probability: Double

  public init(image: PixelImage, actual: String, predicted: String, probability: Double) {
    self.image = image
    self.actual = actual
    self.predicted = predicted
    self.probability = probability
  }

  /// Whether the predicted class is the true class.
  public var isCorrect: Bool { actual == predicted }

  /// Predictions for the first images of a data set.
  ///
  /// - Parameters:
  ///   - outputs: The network's probabilities of shape (N, C) for the N samples of `dataset`. Traps
  ///     on other shapes.
  ///   - limit: The largest number of predictions. Default: 15.
  public static func first(
    of dataset: ImageDataset, outputs: Tensor, limit: Int = 15
  ) -> [Prediction] {
    require(
      outputs.rank == 2 && outputs.shape[0] == dataset.count,
      "outputs of shape \(outputs.shape) for \(dataset.count) images")
    let names = (dataset.classNames ?? []).numberedWhereEqual
    let classes = outputs.shape[1]
    let chosen = outputs.argmax(along: 1)
    let labels = dataset.labels
    return outputs.read { elements in
      (0..<min(max(0, limit), dataset.count)).map { index in
        let predicted = chosen[index]
        return Prediction(
          image: PixelImage(dataset, at: index), actual: names[labels[index]],
          predicted: predicted < names.count ? names[predicted] : "class \(predicted)",
          probability: Double(elements[index * classes + predicted]))
      }
    }
  }
}
