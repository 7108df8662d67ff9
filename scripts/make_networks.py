#!/usr/bin/python3
"""Writes configs/networks/*.onnx: well-known networks as ONNX graphs without weights.

Every weight is a ConstantOfShape, so a file is a few kilobytes, valid ONNX, and any tool can run it. Architectures and names follow
torchvision (ResNet is v1.5: the stride is in the 3x3). Opset 13, batch 1. The same script gives the same bytes.

    scripts/make_networks.py                 write all networks
    scripts/make_networks.py --check         exit 1 unless the files are what this script would write
    scripts/make_networks.py --out DIR       write them somewhere else

Needs the Debian package python3-onnx, which belongs to /usr/bin/python3.
"""

import argparse
import pathlib
import sys

try:
    from onnx import TensorProto, checker, helper
except ImportError:
    print("make_networks.py: python3-onnx is missing (apt-get install python3-onnx, then run with /usr/bin/python3)")
    sys.exit(77)  # CTest: skipped

OPSET = 13
WEIGHT_VALUE = 0.02  # of every weight; biases, means are 0, scales and variances 1


class Network:
    """Builds one graph. Layer methods take and return (tensor name, shape) pairs and name their node after `name`."""

    def __init__(self, name, input_shape):
        self.name = name
        self.nodes = []
        self.initializers = []
        self.input = ("input", tuple(input_shape))

    # Constants -----------------------------------------------------------------------------------------------------
    def integers(self, name, values):
        self.initializers.append(helper.make_tensor(name, TensorProto.INT64, [len(values)], list(values)))
        return name

    def parameter(self, name, shape, value):
        """A weight that is not in the file: ConstantOfShape over its shape."""
        shape_name = self.integers(name + ".shape", shape)
        fill = helper.make_tensor("", TensorProto.FLOAT, [1], [value])
        self.nodes.append(helper.make_node("ConstantOfShape", [shape_name], [name], name=name, value=fill))
        return name

    def node(self, op, name, inputs, shape, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [name + ".out"], name=name, **attributes))
        return name + ".out", tuple(shape)

    # Layers --------------------------------------------------------------------------------------------------------
    def conv(self, name, x, channels, kernel, stride=1, pad=0, groups=1, bias=False):
        tensor, (batch, in_channels, height, width) = x
        weight_shape = (channels, in_channels // groups, kernel, kernel)
        inputs = [tensor, self.parameter(name + ".weight", weight_shape, WEIGHT_VALUE)]
        if bias:
            inputs.append(self.parameter(name + ".bias", (channels,), 0.0))
        shape = (batch, channels, (height + 2 * pad - kernel) // stride + 1, (width + 2 * pad - kernel) // stride + 1)
        return self.node("Conv", name, inputs, shape, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4,
                         group=groups)

    def batch_norm(self, name, x, epsilon=1e-5):
        tensor, shape = x
        values = {"weight": 1.0, "bias": 0.0, "running_mean": 0.0, "running_var": 1.0}
        parameters = [self.parameter(f"{name}.{key}", (shape[1],), value) for key, value in values.items()]
        return self.node("BatchNormalization", name, [tensor] + parameters, shape, epsilon=epsilon)

    def relu(self, name, x):
        return self.node("Relu", name, [x[0]], x[1])

    def relu6(self, name, x):
        for limit, value in (("relu6.min", 0.0), ("relu6.max", 6.0)):
            if all(tensor.name != limit for tensor in self.initializers):
                self.initializers.append(helper.make_tensor(limit, TensorProto.FLOAT, [], [value]))
        return self.node("Clip", name, [x[0], "relu6.min", "relu6.max"], x[1])

    def add(self, name, a, b):
        return self.node("Add", name, [a[0], b[0]], a[1])

    def pool(self, op, name, x, kernel, stride, pad=0, ceil=False):
        batch, channels, *image = x[1]
        rounding = stride - 1 if ceil else 0
        image = [(extent + 2 * pad - kernel + rounding) // stride + 1 for extent in image]
        attributes = {"ceil_mode": 1} if ceil else {}
        return self.node(op, name, [x[0]], (batch, channels, *image), kernel_shape=[kernel] * 2, strides=[stride] * 2,
                         pads=[pad] * 4, **attributes)

    def max_pool(self, name, x, kernel, stride, pad=0, ceil=False):
        return self.pool("MaxPool", name, x, kernel, stride, pad, ceil)

    def average_pool(self, name, x, kernel, stride):
        return self.pool("AveragePool", name, x, kernel, stride)

    def global_average_pool(self, name, x):
        return self.node("GlobalAveragePool", name, [x[0]], (*x[1][:2], 1, 1))

    def flatten(self, name, x):
        batch, *rest = x[1]
        count = 1
        for extent in rest:
            count *= extent
        return self.node("Flatten", name, [x[0]], (batch, count), axis=1)

    def linear(self, name, x, features):
        weight = self.parameter(name + ".weight", (features, x[1][1]), WEIGHT_VALUE)
        bias = self.parameter(name + ".bias", (features,), 0.0)
        return self.node("Gemm", name, [x[0], weight, bias], (x[1][0], features), transB=1)

    def concat(self, name, parts):
        batch, _, *image = parts[0][1]
        channels = sum(part[1][1] for part in parts)
        return self.node("Concat", name, [part[0] for part in parts], (batch, channels, *image), axis=1)

    def halves(self, name, x):
        """Split of the channels into two."""
        batch, channels, *image = x[1]
        outputs = [f"{name}.out{i}" for i in range(2)]
        sizes = self.integers(name + ".sizes", [channels // 2] * 2)
        self.nodes.append(helper.make_node("Split", [x[0], sizes], outputs, name=name, axis=1))
        return [(output, (batch, channels // 2, *image)) for output in outputs]

    def shuffle(self, name, x):
        """Channel shuffle over two groups, as exporters spell it: Reshape, Transpose, Reshape."""
        batch, channels, *image = x[1]
        split = self.integers(name + ".split", (batch, 2, channels // 2, *image))
        joined = self.integers(name + ".joined", x[1])
        x = self.node("Reshape", name + ".1", [x[0], split], (batch, 2, channels // 2, *image))
        x = self.node("Transpose", name + ".2", [x[0]], (batch, channels // 2, 2, *image), perm=[0, 2, 1, 3, 4])
        return self.node("Reshape", name + ".3", [x[0], joined], (batch, channels, *image))

    def conv_bn(self, name, x, channels, kernel, stride=1, pad=0, groups=1, relu=None, epsilon=1e-5):
        """Convolution, batch normalization, then the activation method `relu` if there is one."""
        x = self.batch_norm(name + ".bn", self.conv(name, x, channels, kernel, stride, pad, groups), epsilon)
        return relu(name + ".relu", x) if relu else x

    def save(self, output):
        value = helper.make_tensor_value_info
        graph = helper.make_graph(self.nodes, self.name, [value(self.input[0], TensorProto.FLOAT, self.input[1])],
                                  [value(output[0], TensorProto.FLOAT, output[1])], self.initializers)
        model = helper.make_model(graph, producer_name="systole", ir_version=7,
                                  opset_imports=[helper.make_opsetid("", OPSET)])
        checker.check_model(model)
        return model.SerializeToString(deterministic=True)


IMAGE = (1, 3, 224, 224)


def classifier(net, x, name="fc"):
    x = net.flatten("flatten", net.global_average_pool("avgpool", x))
    return net.save(net.linear(name, x, 1000))


def basic_block(net, name, x, channels, stride):
    y = net.conv_bn(name + ".conv1", x, channels, 3, stride, 1, relu=net.relu)
    return net.conv_bn(name + ".conv2", y, channels, 3, 1, 1)


def bottleneck(net, name, x, channels, stride):
    y = net.conv_bn(name + ".conv1", x, channels, 1, relu=net.relu)
    y = net.conv_bn(name + ".conv2", y, channels, 3, stride, 1, relu=net.relu)
    return net.conv_bn(name + ".conv3", y, 4 * channels, 1)


def resnet(name, block, depths):
    net = Network(name, IMAGE)
    x = net.max_pool("maxpool", net.conv_bn("conv1", net.input, 64, 7, 2, 3, relu=net.relu), 3, 2, 1)
    for stage, depth in enumerate(depths):
        for i in range(depth):
            prefix = f"layer{stage + 1}.{i}"
            stride = 2 if stage > 0 and i == 0 else 1
            y = block(net, prefix, x, 64 << stage, stride)
            if x[1] != y[1]:
                x = net.conv_bn(prefix + ".downsample", x, y[1][1], 1, stride)
            x = net.relu(prefix + ".relu", net.add(prefix + ".add", y, x))
    return classifier(net, x)


def resnet18():
    return resnet("resnet18", basic_block, (2, 2, 2, 2))


def resnet50():
    return resnet("resnet50", bottleneck, (3, 4, 6, 3))


def dense_layers(net, x, features):
    """Fully connected layers with ReLU between them."""
    x = net.flatten("flatten", x)
    for i, count in enumerate(features):
        x = net.linear(f"classifier.{i}", x, count)
        if i + 1 < len(features):
            x = net.relu(f"classifier.{i}.relu", x)
    return net.save(x)


def vgg16():
    net = Network("vgg16", IMAGE)
    x = net.input
    for stage, (channels, depth) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))):
        for i in range(depth):
            name = f"features.{stage}.{i}"
            x = net.relu(name + ".relu", net.conv(name, x, channels, 3, 1, 1, bias=True))
        x = net.max_pool(f"features.{stage}.pool", x, 2, 2)
    return dense_layers(net, x, (4096, 4096, 1000))


def alexnet():
    net = Network("alexnet", IMAGE)
    x = net.input
    layers = ((64, 11, 4, 2), (192, 5, 1, 2), (384, 3, 1, 1), (256, 3, 1, 1), (256, 3, 1, 1))
    for i, (channels, kernel, stride, pad) in enumerate(layers):
        x = net.relu(f"features.{i}.relu", net.conv(f"features.{i}", x, channels, kernel, stride, pad, bias=True))
        if i in (0, 1, 4):
            x = net.max_pool(f"features.{i}.pool", x, 3, 2)
    return dense_layers(net, x, (4096, 4096, 1000))


def mobilenet_v2():
    net = Network("mobilenet_v2", IMAGE)
    x = net.conv_bn("features.0", net.input, 32, 3, 2, 1, relu=net.relu6)
    index = 1
    stages = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
    for expand, channels, depth, first_stride in stages:
        for i in range(depth):
            name, y, hidden = f"features.{index}", x, x[1][1] * expand
            if expand > 1:
                y = net.conv_bn(name + ".expand", y, hidden, 1, relu=net.relu6)
            stride = first_stride if i == 0 else 1
            y = net.conv_bn(name + ".depthwise", y, hidden, 3, stride, 1, groups=hidden, relu=net.relu6)
            y = net.conv_bn(name + ".project", y, channels, 1)
            x = net.add(name + ".add", x, y) if x[1] == y[1] else y
            index += 1
    return classifier(net, net.conv_bn(f"features.{index}", x, 1280, 1, relu=net.relu6), "classifier")


def squeezenet():
    """SqueezeNet 1.1."""
    net = Network("squeezenet", IMAGE)

    def conv_relu(name, x, channels, kernel, stride=1, pad=0):
        return net.relu(name + ".relu", net.conv(name, x, channels, kernel, stride, pad, bias=True))

    x = net.max_pool("pool1", conv_relu("conv1", net.input, 64, 3, 2), 3, 2, ceil=True)
    for i, squeeze in enumerate((16, 16, 32, 32, 48, 48, 64, 64), 2):
        s = conv_relu(f"fire{i}.squeeze", x, squeeze, 1)
        x = net.concat(f"fire{i}.concat", [conv_relu(f"fire{i}.expand1x1", s, 4 * squeeze, 1),
                                           conv_relu(f"fire{i}.expand3x3", s, 4 * squeeze, 3, 1, 1)])
        if i in (3, 5):
            x = net.max_pool(f"pool{i}", x, 3, 2, ceil=True)
    x = net.global_average_pool("avgpool", conv_relu("conv10", x, 1000, 1))
    return net.save(net.flatten("flatten", x))


def densenet121():
    net = Network("densenet121", IMAGE)

    def norm_conv(norm, conv, x, channels, kernel, pad=0):
        return net.conv(conv, net.relu(norm + ".relu", net.batch_norm(norm, x)), channels, kernel, 1, pad)

    x = net.max_pool("pool0", net.conv_bn("conv0", net.input, 64, 7, 2, 3, relu=net.relu), 3, 2, 1)
    for block, depth in enumerate((6, 12, 24, 16), 1):
        for i in range(1, depth + 1):
            name = f"denseblock{block}.denselayer{i}"
            y = norm_conv(name + ".norm1", name + ".conv1", x, 128, 1)
            y = norm_conv(name + ".norm2", name + ".conv2", y, 32, 3, 1)
            x = net.concat(name + ".concat", [x, y])
        if block < 4:
            name = f"transition{block}"
            x = net.average_pool(name + ".pool", norm_conv(name + ".norm", name + ".conv", x, x[1][1] // 2, 1), 2, 2)
    return classifier(net, net.relu("norm5.relu", net.batch_norm("norm5", x)), "classifier")


def googlenet():
    """Inception v1 with batch normalization; its "5x5" branch is a 3x3, as in torchvision."""
    net = Network("googlenet", IMAGE)

    def conv(name, x, channels, kernel, stride=1, pad=0):
        return net.conv_bn(name, x, channels, kernel, stride, pad, relu=net.relu, epsilon=1e-3)

    def inception(name, x, c1, reduce3, c3, reduce5, c5, pool):
        branches = [conv(name + ".branch1", x, c1, 1),
                    conv(name + ".branch2.1", conv(name + ".branch2.0", x, reduce3, 1), c3, 3, 1, 1),
                    conv(name + ".branch3.1", conv(name + ".branch3.0", x, reduce5, 1), c5, 3, 1, 1),
                    conv(name + ".branch4.1", net.max_pool(name + ".branch4.0", x, 3, 1, 1, ceil=True), pool, 1)]
        return net.concat(name + ".concat", branches)

    x = net.max_pool("maxpool1", conv("conv1", net.input, 64, 7, 2, 3), 3, 2, ceil=True)
    x = net.max_pool("maxpool2", conv("conv3", conv("conv2", x, 64, 1), 192, 3, 1, 1), 3, 2, ceil=True)
    x = inception("inception3a", x, 64, 96, 128, 16, 32, 32)
    x = net.max_pool("maxpool3", inception("inception3b", x, 128, 128, 192, 32, 96, 64), 3, 2, ceil=True)
    x = inception("inception4a", x, 192, 96, 208, 16, 48, 64)
    x = inception("inception4b", x, 160, 112, 224, 24, 64, 64)
    x = inception("inception4c", x, 128, 128, 256, 24, 64, 64)
    x = inception("inception4d", x, 112, 144, 288, 32, 64, 64)
    x = net.max_pool("maxpool4", inception("inception4e", x, 256, 160, 320, 32, 128, 128), 2, 2, ceil=True)
    x = inception("inception5a", x, 256, 160, 320, 32, 128, 128)
    return classifier(net, inception("inception5b", x, 384, 192, 384, 48, 128, 128))


def shufflenet_v2():
    """ShuffleNet v2, width 1.0."""
    net = Network("shufflenet_v2", IMAGE)

    def branch(name, x, channels, stride):
        y = net.conv_bn(name + ".0", x, channels, 1, relu=net.relu)
        y = net.conv_bn(name + ".1", y, channels, 3, stride, 1, groups=channels)
        return net.conv_bn(name + ".2", y, channels, 1, relu=net.relu)

    x = net.max_pool("maxpool", net.conv_bn("conv1", net.input, 24, 3, 2, 1, relu=net.relu), 3, 2, 1)
    for stage, (channels, depth) in enumerate(((116, 4), (232, 8), (464, 4)), 2):
        for i in range(depth):
            name, half = f"stage{stage}.{i}", channels // 2
            if i == 0:  # halves the image: both branches see all channels
                left = net.conv_bn(name + ".branch1.0", x, x[1][1], 3, 2, 1, groups=x[1][1])
                left = net.conv_bn(name + ".branch1.1", left, half, 1, relu=net.relu)
                right = branch(name + ".branch2", x, half, 2)
            else:
                left, right = net.halves(name + ".split", x)
                right = branch(name + ".branch2", right, half, 1)
            x = net.shuffle(name + ".shuffle", net.concat(name + ".concat", [left, right]))
    return classifier(net, net.conv_bn("conv5", x, 1024, 1, relu=net.relu))


def lenet5():
    net = Network("lenet5", (1, 1, 32, 32))
    x = net.input
    for i, channels in enumerate((6, 16)):
        x = net.relu(f"conv{i}.relu", net.conv(f"conv{i}", x, channels, 5, bias=True))
        x = net.max_pool(f"conv{i}.pool", x, 2, 2)
    return dense_layers(net, x, (120, 84, 10))


NETWORKS = (alexnet, densenet121, googlenet, lenet5, mobilenet_v2, resnet18, resnet50, shufflenet_v2, squeezenet, vgg16)


def main():
    here = pathlib.Path(__file__).resolve().parent.parent / "configs" / "networks"
    parser = argparse.ArgumentParser(description="Writes well-known networks as ONNX graphs without weights.")
    parser.add_argument("--out", type=pathlib.Path, default=here, help="folder to write to (default: configs/networks)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 unless the files are up to date")
    options = parser.parse_args()
    stale = []
    for make in NETWORKS:
        path = options.out / (make.__name__ + ".onnx")
        content = make()
        if not options.check:
            options.out.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        elif not path.is_file() or path.read_bytes() != content:
            stale.append(str(path))
    for path in stale:
        print(f"{path} is not what make_networks.py writes: run scripts/make_networks.py")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
