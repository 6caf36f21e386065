internal import PinionTensor

/// A value on the stack of a ``PickleReader``. Containers, storages and tensors are named by their
/// indices, so that values are small, and deep nesting and cycles in the pickle are not those of
/// memory.
enum PickleValue {
  case none
  case bool(Bool)
  case int(Int)
  /// A number that is no part of a tensor, not read.
  case float
  case string(String)
  case global(PickleGlobal)
  /// A tuple or a list.
  case sequence(Int)
  /// Keys and values alternate.
  case dictionary(Int)
  case storage(Int)
  case tensor(Int)
}

/// The names that a pickle may mention. They are only compared: nothing is imported or called.
enum PickleGlobal: Equatable {
  case orderedDictionary
  /// A call makes a tensor; of the type that is an argument, or of that of its storage.
  case rebuildTensor(hasType: Bool)
  case rebuildParameter
  case size
  case storage(ElementType)
  case elementType(ElementType)

  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor(hasType: false)
    case ("torch._utils", "_rebuild_tensor_v3"): self = .rebuildTensor(hasType: true)
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("torch", "Size"): self = .size
    // Of bytes, until a tensor has another type.
    case ("torch.storage", "UntypedStorage"): self = .storage(.uint8)
    case ("torch", _):
      if let type = Self.storages[name] {
        self = .storage(type)
      } else if let type = ElementType(rawValue: name) {
        self = .elementType(type)
      } else {
        return nil
      }
    default: return nil
    }
  }

  private static let storages: [String: ElementType] = [
    "FloatStorage": .float32, "DoubleStorage": .float64, "HalfStorage": .float16,
    "BFloat16Storage": .bfloat16, "LongStorage": .int64, "IntStorage": .int32,
    "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8, "BoolStorage": .bool,
  ]
}

/// Elements in a member of the file, which tensors may share.
struct PickleStorage: Hashable {
  let key: String
  let elementType: ElementType
  /// The number of elements.
  let count: Int

  /// The same bytes as elements of another type.
  func elements(of type: ElementType) -> PickleStorage {
    PickleStorage(key: key, elementType: type, count: count * elementType.size / type.size)
  }
}

/// A view of a storage: element (i₀, i₁, …) is at offset + Σ iₐ · strideₐ.
struct PickleTensor {
  let storage: PickleStorage
  let offset: Int
  let sizes: [Int]
  /// 0 along axes of one element, whose stride in the file may be any number.
  let strides: [Int]
  /// Whether the storage has the elements with the opposite sign.
  let isNegated: Bool

  /// The number of elements; 1 without axes.
  let count: Int
  /// The elements of the storage from the first to the last that the tensor has.
  let range: Range<Int>

  /// Whether the elements are in row-major order, without gaps.
  var isContiguous: Bool {
    zip(zip(sizes, strides), Shape(sizes).strides).allSatisfy { $0.0 <= 1 || $0.1 == $1 }
  }

  /// Nil unless all elements are in the storage.
  init?(
    storage: PickleStorage, offset: Int, sizes: [Int], strides: [Int], isNegated: Bool
  ) {
    guard offset >= 0, sizes.count == strides.count, sizes.count <= 64,
      sizes.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 })
    else { return nil }
    // No partial product may overflow, even if a size is zero.
    var product = 1
    for size in sizes {
      let (next, overflow) = product.multipliedReportingOverflow(by: max(size, 1))
      guard !overflow, next <= Int.max / 8 else { return nil }
      product = next
    }
    var last = offset
    let isEmpty = sizes.contains(0)
    for (size, stride) in zip(sizes, strides) where size > 1 && !isEmpty {
      let (reach, overflow) = stride.multipliedReportingOverflow(by: size - 1)
      guard !overflow, reach <= storage.count - last else { return nil }
      last += reach
    }
    count = isEmpty ? 0 : product
    guard count == 0 ? offset <= storage.count : last < storage.count else { return nil }
    range = offset..<(count == 0 ? offset : last + 1)
    (self.storage, self.offset, self.sizes) = (storage, offset, sizes)
    self.strides = zip(sizes, strides).map { $0 > 1 ? $1 : 0 }
    self.isNegated = isNegated
  }
}

extension PickleTensor {
  /// The arguments of a call that makes a tensor: the storage, offset, sizes, strides, whether it
  /// needs gradients, and hooks; the type, if the function has it; and metadata, which may be
  /// absent.
  struct Arguments {
    private let items: [PickleValue]
    private let hasType: Bool
    private let containers: [[PickleValue]]

    init(_ items: [PickleValue], hasType: Bool, containers: [[PickleValue]]) {
      (self.items, self.hasType, self.containers) = (items, hasType, containers)
    }

    /// The metadata `neg`, of the imaginary part of conjugated numbers; nil if there are others,
    /// which could change the elements in unknown ways.
    var isNegated: Bool? {
      let place = hasType ? 7 : 6
      guard items.count > place else { return false }
      switch items[place] {
      case .none: return false
      case .dictionary(let index):
        let metadata = containers[index]
        if metadata.isEmpty { return false }
        guard metadata.count == 2, case .string("neg") = metadata[0],
          case .bool(let isNegated) = metadata[1]
        else { return nil }
        return isNegated
      default: return nil
      }
    }

    /// Nil unless all elements are in the storage.
    func tensor(of storage: PickleStorage, isNegated: Bool) -> PickleTensor? {
      var storage = storage
      if hasType {
        guard items.count > 6, case .global(.elementType(let type)) = items[6] else { return nil }
        storage = storage.elements(of: type)
      }
      guard case .int(let offset) = items[1], let sizes = integers(items[2]),
        let strides = integers(items[3])
      else { return nil }
      return PickleTensor(
        storage: storage, offset: offset, sizes: sizes, strides: strides, isNegated: isNegated)
    }

    private func integers(_ value: PickleValue) -> [Int]? {
      guard case .sequence(let index) = value, containers[index].count <= 64 else { return nil }
      var result: [Int] = []
      for item in containers[index] {
        guard case .int(let number) = item else { return nil }
        result.append(number)
      }
      return result
    }
  }
}
