import PinionData
import PinionTensor
import Testing

@Suite struct ArrayDatasetTests {
  @Test func labelledInputs() throws {
    let inputs: [[Float]] = [[1, 2], [3, 4], [5, 6]]
    let plain = try ArrayDataset(
      inputs: inputs, inputShape: [2, 1], labels: [0, 2, 1], classes: 3)
    #expect(plain.count == 3)
    #expect(plain.inputShape == [2, 1])
    #expect(plain.targetShape == [1])
    #expect((0..<3).map(plain.input) == inputs)
    #expect((0..<3).map(plain.target) == [[0], [2], [1]])
    let oneHot = try ArrayDataset(
      inputs: inputs, inputShape: [2, 1], labels: [0, 2, 1], classes: 3, encoding: .oneHot)
    #expect(oneHot.targetShape == [3])
    #expect((0..<3).map(oneHot.target) == [[1, 0, 0], [0, 0, 1], [0, 1, 0]])
  }

  @Test func inputsWithValues() throws {
    let dataset = try ArrayDataset(
      inputs: [1, 2, 3, 4], inputShape: [2], targets: [5, 6, 7, 8, 9, 10], targetShape: [3],
      classNames: ["x", "y", "z"])
    #expect(dataset.count == 2)
    #expect(dataset.input(1) == [3, 4])
    #expect(dataset.target(1) == [8, 9, 10])
    #expect(dataset.classNames == ["x", "y", "z"])
  }

  @Test func inputsWithoutShapeAreVectors() throws {
    let dataset = try ArrayDataset(
      inputs: [[1, 2], [3, 4]], labels: [1, 0], classes: 2, classNames: ["no", "yes"])
    #expect(dataset.inputShape == [2])
    #expect(dataset.classNames == ["no", "yes"])
    #expect(
      #expect(throws: ArgumentError.self) {
        try ArrayDataset(inputs: [[1, 2], [3]], labels: [1, 0], classes: 2)
      }?.place == "input 1")
  }

  @Test func tensorsWithLabels() throws {
    let inputs = Tensor(from: 0, to: 12).reshaped(to: [3, 2, 2, 1])
    let plain = try ArrayDataset(inputs: inputs, labels: [0, 2, 1], classes: 3)
    #expect(plain.count == 3)
    #expect(plain.inputShape == [2, 2, 1])
    #expect(plain.targetShape == [1])
    #expect(plain.input(1) == [4, 5, 6, 7])
    #expect((0..<3).map(plain.target) == [[0], [2], [1]])
    let oneHot = try ArrayDataset(
      inputs: inputs, labels: [0, 2, 1], classes: 3, classNames: ["a", "b", "c"],
      encoding: .oneHot)
    #expect(oneHot.target(1) == [0, 0, 1])
    #expect(oneHot.classNames == ["a", "b", "c"])
  }

  @Test func tensorsWithValues() throws {
    let inputs = Tensor([[1, 2], [3, 4], [5, 6]])
    let single = try ArrayDataset(inputs: inputs, targets: Tensor([7, 8, 9]))
    #expect(single.targetShape == [1])
    #expect((0..<3).map(single.target) == [[7], [8], [9]])
    let pairs = try ArrayDataset(inputs: inputs, targets: Tensor([[7, 0], [8, 0], [9, 1]]))
    #expect(pairs.targetShape == [2])
    #expect(pairs.target(2) == [9, 1])
  }

  @Test func wrongTensorsAreNamed() {
    func labelled(_ inputs: Tensor, _ labels: [Int], names: [String]? = nil) -> ArgumentError? {
      #expect(throws: ArgumentError.self) {
        try ArrayDataset(inputs: inputs, labels: labels, classes: 2, classNames: names)
      }
    }
    #expect(
      labelled(Tensor([1, 2]), [0, 1])
        == ArgumentError(
          place: "the shape of the inputs", expected: "(samples, size of each, …)", found: "(2,)"))
    #expect(labelled(Tensor(1), [0])?.place == "the shape of the inputs")
    #expect(labelled(.zeros([2, 0]), [0, 1])?.place == "the input shape")
    #expect(
      labelled(.zeros([2, 3]), [0])
        == ArgumentError(
          place: "the number of labels", expected: "2 (one for each input)", found: "1"))
    #expect(
      labelled(.zeros([2, 3]), [0, 1], names: ["a"])
        == ArgumentError(
          place: "the number of class names", expected: "2 (one for each class)", found: "1"))
    func valued(_ targets: Tensor) -> ArgumentError? {
      #expect(throws: ArgumentError.self) {
        try ArrayDataset(inputs: .zeros([2, 3]), targets: targets)
      }
    }
    #expect(
      valued(Tensor([1, 2, 3]))
        == ArgumentError(
          place: "the number of targets", expected: "2 (one for each input)", found: "3"))
    #expect(valued(Tensor([1, .nan]))?.place == "target 1, element 0")
    #expect(valued(Tensor(1))?.place == "the shape of the targets")
  }

  func error(
    inputs: [[Float]] = [[1, 2], [3, 4]], shape: Shape = [2], labels: [Int] = [0, 1],
    classes: Int = 2, encoding: LabelEncoding = .index
  ) -> ArgumentError? {
    #expect(throws: ArgumentError.self) {
      try ArrayDataset(
        inputs: inputs, inputShape: shape, labels: labels, classes: classes, encoding: encoding)
    }
  }

  @Test func wrongLabelledInputsAreNamed() {
    #expect(
      error(inputs: [[1, 2], [3]])
        == ArgumentError(place: "input 1", expected: "2 numbers for the shape (2,)", found: "1"))
    #expect(
      error(inputs: [[1, 2], [3, .nan]])
        == ArgumentError(place: "input 1, element 1", expected: "a finite number", found: "nan"))
    #expect(
      error(inputs: [[-.infinity, 2], [3, 4]])
        == ArgumentError(place: "input 0, element 0", expected: "a finite number", found: "-inf"))
    #expect(
      error(labels: [0])
        == ArgumentError(
          place: "the number of labels", expected: "2 (one for each input)", found: "1"))
    #expect(
      error(labels: [0, 2]) == ArgumentError(place: "label 1", expected: "0...1", found: "2"))
    #expect(error(classes: 0)?.place == "the number of classes")
    #expect(error(classes: .max, encoding: .oneHot)?.place == "the number of classes")
    #expect(error(shape: [])?.place == "the input shape")
    #expect(error(shape: [0])?.place == "the input shape")
    #expect(error(shape: [.max, 2])?.place == "the input shape")
  }

  func error(
    inputs: [Float], targets: [Float], targetShape: Shape = [1]
  ) -> ArgumentError? {
    #expect(throws: ArgumentError.self) {
      try ArrayDataset(
        inputs: inputs, inputShape: [2], targets: targets, targetShape: targetShape)
    }
  }

  @Test func wrongValuesAreNamed() {
    #expect(
      error(inputs: [1, 2, 3], targets: [1])
        == ArgumentError(place: "input 1", expected: "2 numbers for the shape (2,)", found: "1"))
    #expect(
      error(inputs: [1, 2, 3, 4], targets: [1])
        == ArgumentError(
          place: "the targets", expected: "1 numbers for each of 2 inputs", found: "1"))
    #expect(
      error(inputs: [1, 2, 3, 4], targets: [1, .infinity])
        == ArgumentError(place: "target 1, element 0", expected: "a finite number", found: "inf"))
    #expect(error(inputs: [1, 2], targets: [1], targetShape: [0])?.place == "the target shape")
    #expect(
      error(inputs: [1, 2, 3, 4], targets: [1], targetShape: [.max])?.place == "the targets")
  }
}
