"""What the five lecture documents ask for: 74 items, in their order, in English and Chinese.

An example names the items that it realises in its docstring, as ``Items: 000-1, 000-2``; `gallery` joins the two.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Document:
    """A set of slides. `items`: (English, Chinese) titles; the first is number 1."""

    number: str
    english: str
    chinese: str
    items: tuple[tuple[str, str], ...]

    def names(self) -> list[str]:
        """000-1, 000-2, …"""
        return [f"{self.number}-{i}" for i in range(1, len(self.items) + 1)]


DOCUMENTS = (
    Document(
        "000",
        "Li Ge, Deep Learning: Techniques and Applications (2)",
        "李戈：深度学习技术与应用（2）",
        (
            ("Geometry of vectors: scaling, sum, linear combination", "向量的几何意义：数乘、加法、线性组合"),
            ("The dot product: two definitions, the sign of the angle", "点积的两个定义与夹角"),
            ("The cross product: two definitions", "叉积的两个定义"),
            ("A matrix as an operator", "矩阵作为线性变换"),
            ("The forward pass of a 3-3-2 net, by scalars and by matrices", "前向传播：标量形式与矩阵形式"),
            ("The chain rule of vector functions", "多元复合函数的链式法则"),
            ("The first differential keeps its form", "一阶微分形式不变性"),
            ("The gradient step", "梯度下降的一步"),
            ("The recursion of the error terms", "误差项的递推"),
            ("Backpropagation in five steps", "反向传播的五个步骤"),
            ("Loops and vectorised code", "循环与向量化"),
            ("Forward with a loop and with broadcasting", "前向传播：循环与广播"),
            ("UFLDL's backpropagation, looped and vectorised", "UFLDL 的反向传播：循环与向量化"),
            ("The TensorFlow program for MNIST", "TensorFlow 的 MNIST 程序"),
            ("Placeholders and sessions: a static graph", "占位符与会话：静态计算图"),
        ),
    ),
    Document(
        "001",
        "Shi Zhenhua, The mathematics of deep learning, after Nielsen",
        "师振华：深度学习数学原理初探",
        (
            ("Reading a strip of digits, 504192", "识别一串数字 504192"),
            ("The perceptron: threshold and bias", "感知器：阈值与偏置"),
            ("Shall I go to the car show?", "要不要去看车展"),
            ("NAND, and networks of perceptrons", "与非门与感知器网络"),
            ("A small change in a weight, a small change in the output", "权重的微小改动引起输出的微小变化"),
            ("The shapes of the sigmoid and the step", "S 形函数与阶跃函数"),
            ("Feed-forward, recurrent and deep networks", "前馈、递归与深度网络"),
            ("The MNIST data", "MNIST 数据集"),
            ("The quadratic cost", "二次代价函数"),
            ("Gradient descent: a rate too small, a rate too large", "梯度下降：学习速率过小与过大"),
            ("Mini-batches, epochs, online learning", "小批量、迭代期与在线学习"),
            ("The SGD listing and its epoch lines", "SGD 程序与每个迭代期的输出"),
            ("The learning curve by the size of the training set", "训练集大小与学习曲线"),
            ("Notation of weights, biases and activations", "权重、偏置与激活值的记号"),
            ("Two assumptions on the cost", "关于代价函数的两个假设"),
            ("The Hadamard product", "Hadamard 乘积"),
            ("The four equations, slow learning, saturation", "反向传播的四个方程与饱和"),
            ("The algorithm of backpropagation with mini-batches", "反向传播与小批量算法"),
            ("The Network class", "Network 类"),
            ("Saving the weights and recognising an image", "保存权重并识别图像"),
            ("The recogniser on a web server", "部署在网页上的识别器"),
        ),
    ),
    Document(
        "002",
        "Hu Junfeng, Foundations of neural networks in NumPy",
        "胡俊峰：神经网络基础，numpy 实现",
        (
            ("A short history of neural networks", "神经网络发展史"),
            ("Logic gates from one neuron, XOR from three", "单神经元实现逻辑门，多层实现异或"),
            ("A single neuron cannot learn XOR", "单神经元的局限：异或问题"),
            ("Least squares", "线性函数最小二乘回归"),
            ("The gradient of the mean squared error", "均方误差的梯度"),
            ("The gradient descent listing and its trajectory", "梯度下降程序与参数轨迹"),
            ("Logistic regression", "逻辑回归"),
            ("One-hot, softmax, entropy and cross entropy", "独热编码、softmax、熵与交叉熵"),
            ("Forward with W_1, W_2, W_3", "三个权重矩阵的前向计算"),
            ("The flow of forward, loss and backward; pooling, normalisation", "前向、损失、反向的流程；池化与归一化"),
            ("Batch and stochastic learning, local optima", "批量与随机学习，局部最优"),
            ("Backpropagation: each layer as its own network", "反向传播：把每一层看成一个网络"),
            ("The diamond and the square: a 3-4-1 net by hand", "菱形与方形数据：手写梯度的 3-4-1 网络"),
            ("Vanishing gradients", "梯度消失"),
        ),
    ),
    Document(
        "003",
        "Jason, Backpropagation in deep learning",
        "Jason：深度学习反向传播",
        (
            ("Regression and classification", "回归与分类"),
            ("Step and sigmoid, and the sigmoid's derivative", "阶跃函数、S 函数及其导数"),
            ("AND and OR as separating lines", "逻辑与、逻辑或作为分割线"),
            ("Decision regions of one, two and three layers", "一层、两层、三层的决策区域"),
            ("Backpropagation in O, theta and t", "以 O、θ、t 为记号的 BP 算法"),
            ("A case worked by hand", "手推一个算例"),
            ("A computation graph with two paths", "计算图：两条路径之和"),
        ),
    ),
    Document(
        "004",
        "Shi Jia, Feed-forward neural networks, after nndl chapter 4",
        "师佳：前馈神经网络",
        (
            ("A neuron, and what its activation should be like", "神经元与激活函数应有的性质"),
            ("Activation functions and their derivatives", "常用激活函数及其导数"),
            ("Three kinds of networks", "三种网络结构"),
            ("A table of notation", "记号表"),
            ("Universal approximation", "通用近似定理"),
            ("A feature map and a classifier", "特征映射与分类器"),
            ("Structural risk: a penalty on the weights", "结构化风险：权重的正则化"),
            ("The denominator layout", "分母布局"),
            ("Algorithm 4.1, with and without patience", "算法 4.1：有无耐心的停止准则"),
            ("Automatic differentiation, worked", "自动微分算例"),
            ("Several paths are summed", "多条路径求和"),
            ("Static and dynamic graphs", "静态与动态计算图"),
            ("The Keras listing, 100-64-10", "Keras 程序 100-64-10"),
            ("Counting parameters", "参数个数"),
            ("Figure 4.10: a loss surface with a saddle", "图 4.10：有鞍点的损失曲面"),
            ("Optimisation: vanishing gradients", "优化问题：梯度消失"),
            ("Exercises 4-1, 4-2, 4-4, 4-7, 4-8, 4-9", "习题 4-1、4-2、4-4、4-7、4-8、4-9"),
        ),
    ),
)

ITEMS = tuple(name for document in DOCUMENTS for name in document.names())
