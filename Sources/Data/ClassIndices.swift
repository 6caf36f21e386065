/// The class indices of a data set, in a byte each where that is enough for all classes.
struct ClassIndices: Sendable {
  private enum Storage {
    case bytes([UInt8])
    case numbers([Int])
  }

  private let storage: Storage

  /// Indices of a number of classes, each of which is known to be one.
  init<Label: BinaryInteger>(_ labels: [Label], classes: Int) {
    if let bytes = labels as? [UInt8] {
      storage = .bytes(bytes)
    } else if classes <= 256 {
      storage = .bytes(labels.map { UInt8($0) })
    } else {
      storage = .numbers(labels.map { Int($0) })
    }
  }

  var count: Int {
    switch storage {
    case .bytes(let bytes): bytes.count
    case .numbers(let numbers): numbers.count
    }
  }

  subscript(index: Int) -> Int {
    switch storage {
    case .bytes(let bytes): Int(bytes[index])
    case .numbers(let numbers): numbers[index]
    }
  }

  /// All of them.
  var all: [Int] {
    switch storage {
    case .bytes(let bytes): bytes.map { Int($0) }
    case .numbers(let numbers): numbers
    }
  }
}
