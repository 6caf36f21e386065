import PinionTensor
import Testing

@Suite struct TensorTests {
  @Test func copiesAreValues() {
    let original = sample([3, 4])
    let before = original.elements
    var copy = original
    copy[1, 2] = 100
    #expect(original.elements == before)
    #expect(copy.elements[6] == 100)
    var other = original
    other.mutate { $0.fill(0) }
    other += 5
    other[0..<1] = Tensor(1)
    #expect(original.elements == before)
    #expect(other == Tensor([[1, 1, 1, 1], [5, 5, 5, 5], [5, 5, 5, 5]]))
  }

  @Test func shapesOfTheSameMemoryAreValues() {
    let original = sample([3, 4])
    let before = original.elements
    var flat = original.flattened()
    flat[0] = 100
    var row = original[0...]
    row *= 2
    #expect(original.elements == before)
    #expect(flat.elements.dropFirst() == before.dropFirst())
  }

  @Test func aloneItChangesInPlace() {
    var tensor = sample([3, 4])
    let first = tensor.mutate { $0.base }
    tensor[0, 0] = 1
    tensor += tensor.shape == [3, 4] ? 1 : 2
    tensor[1...] = Tensor(0)
    #expect(tensor.mutate { $0.base } == first)
    #expect(Int(bitPattern: first) % AlignedBuffer.alignment == 0)
  }

  @Test func aTensorMeetsItself() {
    var tensor = Tensor([1, 2, 3])
    tensor += tensor
    #expect(tensor == Tensor([2, 4, 6]))
    tensor[0..<2] = tensor[1...]
    #expect(tensor == Tensor([4, 6, 6]))
  }

  @Test func equalityIsThatOfShapesAndFloats() {
    #expect(Tensor([1, 2]) == Tensor([1, 2]))
    #expect(Tensor([1, 2]) != Tensor([1, 3]))
    #expect(Tensor([1, 2]) != Tensor([[1, 2]]))
    #expect(Tensor([0]) == Tensor([-0.0]))
    let undefined = Tensor([Float.nan])
    #expect(undefined != undefined)
    #expect(Tensor.zeros([0, 2]) == Tensor.zeros([0, 2]))
    #expect(Tensor.zeros([0, 2]) != Tensor.zeros([0, 3]))
  }

  @Test func mutateThrowsWhatItsBodyThrows() throws {
    var tensor = Tensor([1])
    let error = ArgumentError(place: "a", expected: "b", found: "c")
    #expect(throws: error) {
      try tensor.mutate { view throws(ArgumentError) in
        view[0] = 5
        throw error
      }
    }
    #expect(tensor == Tensor([5]))
  }

  @Test func viewsAreCopied() {
    let buffer = AlignedBuffer(count: 6)
    for index in 0..<6 { buffer.view[index] = Float(index) }
    let tensor = Tensor(copying: buffer.view[1..<5], shape: [2, 2])
    buffer.view.fill(0)
    #expect(tensor == Tensor([[1, 2], [3, 4]]))
    #expect(tensor.read { $0.array } == [1, 2, 3, 4])
    #expect(tensor.view.count == 4)
  }

  /// Sizes that no memory holds end a process with a message, in optimized builds too.
  @Test(arguments: HugeRequest.allCases) func hugeSizesAreNamed(request: HugeRequest) async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [request] in request.make() }
    #expect(text(result).contains(request.message), "\(text(result))")
  }

  enum HugeRequest: String, CaseIterable, Codable {
    case zeros, bytes, identity, numbers, padding, tiles, repetition, counts, bins, permutation
    case axis, range

    var message: String {
      switch self {
      case .padding: "padding"
      case .repetition, .tiles: "repeating 2 elements \(Int.max) times"
      case .bins: "\(Int.max) bins"
      case .permutation: "no memory for a permutation of \(Int.max) numbers"
      case .axis: "axis 9 of shape (2,)"
      case .range: "10 bins from -1e+308 to 1e+308"
      default: "no memory for"
      }
    }

    func make() {
      let (two, huge) = (Tensor([1, 2]), Int.max)
      switch self {
      case .zeros: _ = Tensor.zeros([huge, 2])
      case .bytes: _ = Tensor.zeros([1 << 61])
      case .identity: _ = Tensor.identity(huge)
      case .numbers: _ = Tensor(from: 0, through: 1, count: huge)
      case .padding: _ = two.padded([(huge, 0)], with: 0)
      case .tiles: _ = two.tiled([huge])
      case .repetition: _ = two.repeated(huge, along: 0)
      case .counts: _ = IndexTensor([1, 2]).binCounts(minimumCount: huge)
      case .bins: _ = two.histogram(bins: huge)
      case .permutation: _ = RandomStream(seed: 0, stream: 0).permutation(of: huge)
      case .axis: _ = two.shape[9]
      case .range: _ = DoubleTensor([-1e308, 1e308]).histogram()
      }
    }
  }

  @Test func diagonalsFarAwayKeepAllOrNothing() {
    let matrix = Tensor([[1, 2], [3, 4], [5, 6]])
    #expect(matrix.triangle(.lower, offset: .max) == matrix)
    #expect(matrix.triangle(.upper, offset: .min) == matrix)
    #expect(matrix.triangle(.upper, offset: .max) == Tensor.zeros([3, 2]))
    #expect(matrix.triangle(.lower, offset: .min) == Tensor.zeros([3, 2]))
  }

  @Test func messagesShowShapes() async {
    let wrongCount = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor(shape: [2, 3], elements: [1]) }
    #expect(text(wrongCount).contains("1 elements for a tensor of shape (2, 3)"))
    let sum = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([2, 3]) + Tensor.zeros([4]) }
    #expect(text(sum).contains("+: shapes (2, 3) and (4,) do not fit"))
    let increment = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      var tensor = Tensor.zeros([3])
      tensor += Tensor.zeros([2, 3])
    }
    #expect(text(increment).contains("+=: shape (2, 3) does not fit into (3,)"))
    let product = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([2, 3]).matmul(Tensor.zeros([2, 3])) }
    #expect(text(product).contains("matmul: shapes (2, 3) and (2, 3) do not fit"))
    let position = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([2, 3])[2, 0] as Float }
    #expect(text(position).contains("position [2, 0] in shape (2, 3)"))
    let part = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([2, 3])[0..., 1..<4] }
    #expect(text(part).contains("positions 1..<4 on axis 1 of shape (2, 3)"))
    let maximum = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([2, 0]).max(along: 1) }
    #expect(text(maximum).contains("the maximum of no elements in shape (2, 0)"))
    let reshaped = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor.zeros([2, 3]).reshaped(to: [4, -1]) }
    #expect(text(reshaped).contains("reshaping (2, 3) to (4, -1)"))
  }

  private func text(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }
}
