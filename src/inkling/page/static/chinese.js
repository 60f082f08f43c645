// The page in Chinese: each English sentence of the page and its translation.

export const chinese = {
  // index.html
  "Draw a digit, and look inside the network that reads it.":
    "写一个数字，观察神经网络怎样识别它。",
  "Your digit": "你写的数字",
  "Draw or photograph": "手写或照片",
  Draw: "手写",
  Photo: "照片",
  Undo: "撤销",
  Redo: "重做",
  Clear: "清空",
  "Thinner brush": "笔画变细",
  "Thicker brush": "笔画变粗",
  "Save as picture": "存为图片",
  "Projector mode": "投影模式",
  "Other picture": "换一张",
  "Draw a digit here": "在这里写一个数字",
  "Drawing pad": "手写板",
  "Mouse, pen, finger; or arrow keys and the space bar.":
    "可用鼠标、笔或手指书写；也可用方向键和空格键。",
  Keyboard: "键盘操作",
  "Drop a photo of digits on paper here, or paste it.": "把纸上数字的照片拖到这里，或粘贴图片。",
  "Choose a picture": "选择图片",
  "What the network gives each digit": "网络给每个数字的概率",
  "Choose a bar to ask why not that digit.": "选择一个条形，查看答案为什么不是那个数字。",
  Model: "模型",
  "Try to fool it": "试着难倒它",
  "You would still read it. Does the network?": "人仍能识别，网络能否识别？",
  "See inside": "查看内部",
  "The way of your digit through the network, from pixels to answer.":
    "你写的数字经过网络的每一步，从像素到答案。",
  "{count} networks answer together. From here on you see the one that comes closest to their mean.":
    "{count} 个网络共同作答。以下显示的是与平均值最接近的一个。",
  "The difference of the two scores, taken apart. Nothing is estimated: the parts add up to it.":
    "把两个得分之差分解为若干部分；各部分之和正好等于它，没有近似。",
  "The model": "模型",
  "What it was trained with, and how well it reads digits it has never seen.":
    "它的训练方法，以及在未见过的数字上的准确率。",
  "Your drawings and photos stay on this computer; your browser remembers the last drawing until you clear it.":
    "你的手写和照片不会离开这台电脑；浏览器会记住最近一次手写，直到清空为止。",
  "move the pen, on the pad (two at once: slantwise; with Shift: finely)":
    "在手写板上移动笔（同时按两个则沿斜线移动，按住 Shift 则小步移动）",
  Space: "空格",
  "put the pen down, lift it": "落笔、提笔",
  "undo; with Shift, redo": "撤销；加 Shift 为重做",
  "clear the pad": "清空手写板",
  "read a picture from the clipboard": "读取剪贴板中的图片",
  "go on to the network, the bars, sliders and switches": "转到网络、条形图、滑块和开关",
  // The answer
  unsure: "不确定",
  "{digit}, {percent} sure": "{digit}，置信度 {percent}",
  "nothing yet": "还没有内容",
  "not a digit": "不是数字",
  "{digit} or {other}?": "{digit} 还是 {other}？",
  "It looks like none of the ten.": "与十个数字都不相似。",
  "Closest: {digit}, {percent}": "最接近 {digit}，{percent}",
  "It could be either.": "两者皆有可能。",
  "{digit}: {percent}, {other}: {rest}": "{digit}：{percent}，{other}：{rest}",
  "then {digit} with {percent}": "其次是 {digit}，{percent}",
  "{percent} sure": "置信度 {percent}",
  "The digits, from left to right": "从左到右的数字",
  // The network, live
  "Another network: {name}": "另一个网络：{name}",
  "The network": "网络",
  "The network, live": "实时显示的网络",
  "Arrow keys move from unit to unit; Escape lets go.": "方向键逐个选择神经元，Esc 键取消选择。",
  "Point at a unit, tap it or use the arrow keys to see what it detects.":
    "指向或点按一个神经元（也可用方向键），查看它检测什么。",
  "raises the next unit": "增大下一个神经元的值",
  "lowers it": "减小它的值",
  "Layer {layer}, unit {unit}: {value}": "第 {layer} 层，{unit} 号：{value}",
  "Its weights: ink on blue raises it, ink on orange lowers it.":
    "它的权重：蓝色处的墨迹使它的值增大，橙色处的墨迹使它的值减小。",
  "For this digit, more ink on blue would raise it, on orange lower it.":
    "对这个数字，在蓝色处增加墨迹会使它的值增大，在橙色处则使它的值减小。",
  "score of {name}": "{name} 的得分",
  "It is silent and adds nothing.": "它没有激活，贡献为零。",
  "Digits that activate it most": "最能激活它的数字",
  "No example digit activates it.": "没有示例数字能激活它。",
  // Train
  Network: "网络",
  Train: "训练",
  Teach: "教它",
  "Look at the network, train one, teach it": "查看网络、训练网络、教它识别你的笔迹",
  Stories: "示例",
  "A good run": "正常的训练",
  "The loss falls fast, and validation stays close to training.": "损失很快下降，验证曲线与训练曲线相近。",
  "Learning rate too large": "学习率过大",
  "Loss and accuracy jump up and down: each step goes too far.": "损失和准确率来回跳动：每一步都走得太远。",
  "Dead ReLUs": "失活的 ReLU",
  "Silent units: a unit that is 0 for every image stops learning.": "看“输出不变的神经元”：对所有图像都输出 0 的神经元不再学习。",
  "Sorted labels": "按标签排序",
  "The confusion matrix: it answers the digit it saw last.": "看混淆矩阵：它总是回答最后见到的数字。",
  "Sigmoid, squared error": "sigmoid 与平方误差",
  "The loss gets stuck: where the sigmoid is flat, little is learned.": "损失停滞不前：sigmoid 平坦处的梯度很小，几乎无法学习。",
  Data: "数据",
  "Hidden layers": "隐藏层",
  "drawn digits": "程序绘制的数字",
  none: "无",
  "Write at most {layers} layers of 1 to {units} units, such as 256,128; nothing for none.":
    "请填写最多 {layers} 层、每层 1 到 {units} 个神经元，例如 256,128；留空表示没有隐藏层。",
  "Write a number above 0, such as 0.005; nothing for the optimizer's own.":
    "请填写大于 0 的数，例如 0.005；留空则使用优化器的默认值。",
  "Write a whole number from 1 to {batch_size}, such as 128.": "请填写 1 到 {batch_size} 的整数，例如 128。",
  "Write a whole number from 1 to {epochs}, such as 10.": "请填写 1 到 {epochs} 的整数，例如 10。",
  "the optimizer's own": "优化器的默认值",
  "Also: {options}": "另有：{options}",
  Start: "开始",
  "Back to the last run": "回到上一次训练",
  "It trains on this computer, also while this page is closed.": "训练在这台电脑上进行，关闭页面后仍会继续。",
  Pause: "暂停",
  Continue: "继续",
  Step: "单步",
  "Stop and keep it": "停止并保存",
  "Go on for some steps, then pause": "前进若干步后暂停",
  "Use this network": "使用这个网络",
  "Train another": "再训练一个",
  Progress: "进度",
  "Loss by epoch": "各轮的损失",
  "Accuracy by epoch": "各轮的准确率",
  "Your drawing, read now": "此刻如何识别你的手写",
  "First-layer weights": "第一层的权重",
  "Confusion matrix": "混淆矩阵",
  "Silent units": "输出不变的神经元",
  "epoch {epoch} of {epochs}": "第 {epoch} 轮，共 {epochs} 轮",
  "{number} images/s": "每秒 {number} 张图像",
  "learning rate {rate}": "学习率 {rate}",
  paused: "已暂停",
  "loading {data}": "正在加载 {data}",
  "no connection; this is the last that was seen": "连接中断，显示的是最后收到的内容",
  training: "训练",
  validation: "验证",
  "Draw a digit: it is read while the network learns.": "写一个数字，看网络在学习中如何识别它。",
  "{units} units: ink on blue raises them, ink on orange lowers them": "{units} 个神经元：蓝色处的墨迹使其值增大，橙色处使其值减小",
  "The weights of {units} units as pictures": "{units} 个神经元的权重，以图像表示",
  "rows: the digit; columns: how it is read; {right} of {all} right":
    "行是真实数字，列是识别结果；{all} 张中 {right} 张正确",
  "Confusion matrix: {right} of {all} validation images are right.": "混淆矩阵：{all} 张验证图像中 {right} 张正确。",
  "{truth} read as {answer}: {count}": "{truth} 识别为 {answer}：{count} 次",
  "Layer {layer}": "第 {layer} 层",
  "share of units with the same output for every image": "对所有图像输出都相同的神经元所占比例",
  "epoch {epoch}: {percent} of the validation images right, findings: {count}":
    "第 {epoch} 轮：验证准确率 {percent}，发现 {count} 个问题",
  "Epoch {epoch}: {finding}": "第 {epoch} 轮：{finding}",
  "Read more": "了解更多",
  "Test accuracy {percent}": "测试准确率 {percent}",
  "Kept in {run}; this command does the same:": "已保存在 {run}，等价的命令为",
  "Kept in {run}": "已保存在 {run}",
  "It ended early: {reason}": "训练提前结束：{reason}",
  "This command resumes it:": "用以下命令可以恢复训练：",
  "The loss grew beyond all numbers. Try a tenth of the learning rate.":
    "损失超出了数值范围。可将学习率减小到十分之一。",
  "The training was interrupted.": "训练被中断。",
  "The training process was killed.": "训练进程被强制结束。",
  "There is not enough memory. Try a smaller network or batch.": "内存不足；请减小网络或批大小。",
  "Internal error. The terminal of the app shows the details.": "内部错误；详情见 App 的终端窗口。",
  "One training at a time: another one is running.": "一次只能进行一项训练：目前另一项正在进行。",
  "The app was started anew, and the run is not in it.": "App 已重新启动，其中没有这次训练。",
  // Teach
  "Correct the answer": "更正答案",
  "That was a": "这其实是",
  "Kept as {label} in the folder {folder}, {count} so far.": "已作为 {label} 存入文件夹 {folder}，共 {count} 个。",
  "Teach it your hand": "教它识别你的笔迹",
  "A copy of the chosen model learns your digits in a few seconds; the model itself stays as it is.":
    "所选模型的一个副本会在几秒内学会你写的数字；模型本身保持不变。",
  "Your digits are kept in the folder {folder} on this computer: {count} so far, {least} are needed.":
    "你写的数字保存在这台电脑的文件夹 {folder} 中：目前有 {count} 个，至少需要 {least} 个。",
  "Write each digit a few times": "把每个数字写几遍",
  "Teach it": "开始教",
  "Write a {label}": "请写 {label}",
  "Write an 8": "请写 8",
  "{number} of {count}": "{count} 个中的第 {number} 个",
  Next: "下一个",
  Back: "上一个",
  Enough: "结束",
  "Your {count} digits that were kept apart: {was} right before, now":
    "留出的 {count} 个你写的数字：原来的准确率为 {was}，现在为",
  "Validation images: {was} right before, now": "验证图像：原来的准确率为 {was}，现在为",
  "Back to the model that came with Inkling": "换回 Inkling 附带的模型",
  "Back to {name}": "换回 {name}",
  // Try to fool it
  Rotate: "旋转",
  "Shift right": "右移",
  "Shift down": "下移",
  Noise: "噪点",
  Reset: "复原",
  // See inside
  "keeps what is positive and silences the rest": "保留正数，其余置零",
  "keeps what is positive and lets a little of the rest through": "保留正数，其余只通过一小部分",
  "keeps what is clearly positive, softly": "保留明显为正的数，过渡平缓",
  "squeezes the sum between 0 and 1": "把加权和映射到 0 与 1 之间",
  "squeezes the sum between −1 and 1": "把加权和映射到 −1 与 1 之间",
  "passes the sum on as it is": "原样传递加权和",
  "bends the sum": "对加权和作非线性变换",
  "What the network sees": "网络看到的图像",
  "28 × 28 gray values, 0 for paper to 255 for ink, and nothing else.":
    "只有 28 × 28 个灰度值，0 为白纸，255 为墨迹。",
  "Your digit was brought to the size and the middle that all training pictures have.":
    "你写的数字已经缩放并居中，与所有训练图像相同。",
  "Layer {number}: {units} units": "第 {number} 层：{units} 个神经元",
  "Each square is a unit. It multiplies all {inputs} pixels by weights of its own and adds up.":
    "每个方格是一个神经元。它把全部 {inputs} 个像素分别乘以权重，再求和。",
  "Each unit weighs the {inputs} numbers of the layer before, and adds up.":
    "每个神经元把前一层的 {inputs} 个数分别乘以权重，再求和。",
  "Then it {bend}.": "然后{bend}。",
  "Scores become the answer": "得分变成答案",
  "A score for each digit: a weighted sum of the {inputs} numbers before.":
    "每个数字一个得分：前一层 {inputs} 个数的加权和。",
  "Softmax turns the scores into shares of 100 %: the higher the score, the larger the share.":
    "softmax 把得分变成总和为 100% 的份额：得分越高，份额越大。",
  "The output turns each score into the network's answer for that digit.":
    "输出层把每个得分变成网络对那个数字的回答。",
  "Is it a digit at all?": "它是不是数字？",
  "The scores that follow name a digit for anything, a letter too. So one more unit looks at all units before.":
    "下面的得分对任何图像（包括字母）都会给出一个数字。因此另有一个神经元，其输入是前面的全部神经元。",
  "Orange squares are evidence for a digit, blue ones against it: digits get about 0 in all, other drawings 1.":
    "橙色方格支持“是数字”，蓝色方格支持“不是数字”：数字总共约得 0，其他图画约得 1。",
  "Now it is {score}, above the limit of {limit}: not a digit.": "现在是 {score}，高于界限 {limit}：不是数字。",
  "Now it is {score}, and the limit is {limit}: a digit.": "现在是 {score}，界限是 {limit}：是数字。",
  // Why 4 and not 9
  Why: "为什么是",
  "and not": "而不是",
  "Why {for} and not {against}?": "为什么是 {for}，不是 {against}？",
  "Why this digit and not that one?": "为什么是这个数字，不是那个？",
  this: "这个",
  that: "那个",
  "Each pixel's part": "每个像素的贡献",
  "supports {against}": "支持 {against}",
  "supports {for}": "支持 {for}",
  "What the picture is compared with": "图像的比较对象",
  "The picture is compared with a blend of the mean {for} and the mean {against}, mixed so that the network cannot decide.":
    "与图像相比较的是 {for} 与 {against} 的平均图像的混合，混合的比例使网络无法作出决定。",
  "The picture is compared with blank paper, because this model does not know its mean digits.":
    "图像与空白纸相比较，因为这个模型没有存储平均图像。",
  "Blue supports {for}, orange {against}: ink that is there, and ink that is missing.":
    "蓝色支持 {for}，橙色支持 {against}：既有出现的墨迹，也有缺失的墨迹。",
  "Pixels for {for}": "像素支持 {for}",
  "Pixels for {against}": "像素支持 {against}",
  "Blank paper": "空白纸",
  "The blend itself": "混合图像本身",
  "Score of {for} − score of {against}": "{for} 的得分 − {against} 的得分",
  "Units that add most for {for}": "最支持 {for} 的神经元",
  "Units that add most for {against}": "最支持 {against} 的神经元",
  "The pictures are the weights of the units: ink on blue raises a unit, ink on orange lowers it.":
    "图中是神经元的权重：蓝色处的墨迹使其值增大，橙色处的墨迹使其值减小。",
  "The numbers of all units of the first layer add up to the same sum as those of the pixels.":
    "第一层全部神经元的数值之和，与全部像素的数值之和相同。",
  "unit {number}": "{number} 号",
  // Photo
  "Your drawings stay in this browser; photos are read on the computer that runs Inkling, which keeps none.":
    "你的手写留在这个浏览器里；照片由运行 Inkling 的电脑识别，不会保存。",
  "Your drawings stay in this browser. Photos are read by “inkling app” only.":
    "你的手写留在这个浏览器里。照片只能由“inkling app”识别。",
  "It took too long. Try again in a moment.": "等待超时，请稍后再试。",
  "This model is gone. Choose another one.": "该模型已不存在，请选择其他模型。",
  "This picture is too large, or there is too much in it.": "这张图片太大，或者内容太多。",
  "I cannot open this file. Try JPEG or PNG.": "无法打开这个文件，请换成 JPEG 或 PNG。",
  "This browser cannot open HEIC. Send the photo as JPEG; on an iPhone: Settings, Camera, Formats, Most Compatible.":
    "这个浏览器无法打开 HEIC 文件。请换成 JPEG；iPhone 上可在“设置”“相机”“格式”中选“兼容性最佳”。",
  "Reading …": "正在识别……",
  "No digits found.": "没有找到数字。",
  // The model
  "accuracy unknown": "准确率未知",
  "{percent} of test images right": "测试准确率 {percent}",
  "{low} to {high} of test images right": "测试准确率 {low} 到 {high}",
  "Test accuracy": "测试准确率",
  unknown: "未知",
  "95% interval: {low} to {high}": "95% 置信区间：{low} 到 {high}",
  Architecture: "结构",
  "units by layer": "各层的神经元数",
  Parameters: "参数",
  "weights and biases, all learned": "权重和偏置，全部由训练得来",
  Weights: "权重",
  "8 bits each": "每个 8 位",
  "MNIST test: {after} right, {before} before they were rounded":
    "MNIST 测试准确率：量化后 {after}，量化前 {before}",
  "what their rounding costs in accuracy was not measured": "量化对准确率的影响未经测量",
  "Training settings": "训练设置",
  Optimizer: "优化器",
  "Learning rate": "学习率",
  "Schedule of the learning rate": "学习率调度",
  "Batch size": "批大小",
  Epochs: "轮数",
  Loss: "损失函数",
  "Label smoothing": "标签平滑",
  Augmentation: "数据增强",
  Dropout: "随机失活",
  "Weight decay": "权重衰减",
  Activation: "激活函数",
  Seed: "随机种子",
  // Looks and troubles
  "Light or dark colors": "浅色或深色",
  "No answer: is “inkling app” still running?": "没有响应：“inkling app”是否仍在运行？",
  // Findings: training/doctor_findings.py
  "{share} of the units of hidden layer {layer} are 0 for all of {images} images (dead units).":
    "隐藏层 {layer} 有 {share} 的神经元对全部 {images} 张图像都输出 0（失活的神经元）。",
  "Try a learning rate of a tenth, or leaky_relu.": "可将学习率减小到十分之一，或改用 leaky_relu。",
  "{share} of the units of hidden layer {layer} are at a limit of {activation} for nearly all images (saturated units).":
    "隐藏层 {layer} 有 {share} 的神经元对几乎所有图像都接近 {activation} 的上限或下限（饱和神经元）。",
  "Scale the inputs to 0 … 1, or try a learning rate of a tenth, or relu.":
    "请将输入缩放到 0 到 1；也可将学习率减小到十分之一，或改用 relu。",
  "From the output back to hidden layer 1, the gradient shrinks to {ratio} (vanishing gradients).":
    "从输出层反向传播到隐藏层 1，梯度缩小到 {ratio}（梯度消失）。",
  "Try relu, or fewer hidden layers.": "可改用 relu，或减少隐藏层。",
  "From the output back to hidden layer 1, the gradient grows {ratio} times (exploding gradients).":
    "从输出层反向传播到隐藏层 1，梯度增大到 {ratio} 倍（梯度爆炸）。",
  "Try the default initializer, or limit the norm of the gradient to 1.":
    "可使用默认的初始化方法，或把梯度的范数限制为 1。",
  "Within {images} images, the weights of a layer changed by {change} of their size (large updates).":
    "经过 {images} 张图像，某一层权重的变化达到其大小的 {change}（更新过大）。",
  "Try a learning rate of a tenth.": "可将学习率减小到十分之一。",
  "Within {images} images, the weights of no layer changed by more than {change} of their size (small updates).":
    "经过 {images} 张图像，各层权重的变化都不超过其大小的 {change}（更新过小）。",
  "Try a learning rate ten times as large.": "可将学习率增大到十倍。",
  "The loss before the first step is {loss}; equal outputs for all classes would have {equal} (high first loss).":
    "第一步之前的损失为 {loss}；若各类别的输出相等，损失应为 {equal}（初始损失过高）。",
  "Try the default initializer, and inputs between 0 and 1.": "可使用默认的初始化方法，并把输入缩放到 0 到 1。",
  "The inputs lie between {low} and {high} (inputs not scaled).": "输入在 {low} 到 {high} 之间（输入未缩放）。",
  "Scale them to 0 … 1, the default.": "请缩放到 0 到 1（默认设置）。",
  "{share} of the images have the same label as the one before; in a random order it would be {chance} (sorted labels).":
    "{share} 的图像与前一张标签相同；随机次序下应为 {chance}（标签有序）。",
  "Shuffle the images in every epoch, the default.": "请在每轮打乱图像的次序（默认设置）。",
  "{training} of the training images are classified correctly, only {validation} of the validation images (overfitting).":
    "训练图像的准确率为 {training}，验证图像只有 {validation}（过拟合）。",
  "Try more images, augmentation, dropout, or early stopping.": "可增加图像，使用数据增强或随机失活，或提前停止。",
  "At the end, only {training} of the training images are classified correctly (underfitting).":
    "训练结束时，训练图像的准确率只有 {training}（欠拟合）。",
  "Try more units, more epochs, or the default learning rate and loss.":
    "可增加神经元或轮数，或使用默认的学习率和损失函数。",
  "Of {images} training images of all classes, none is classified as: {classes} (missing class).":
    "在各类别共 {images} 张训练图像中，没有一张被判为：{classes}（缺失的类别）。",
  "Check the labels of that class and how many images it has, and train for longer.":
    "请检查该类别的标签和图像数量，并训练更长时间。",
};
