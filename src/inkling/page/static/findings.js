// What the doctor found in a run, in the reader's language, each with what to try and where it is explained.

import { make } from "./dom.js";
import { say } from "./language.js";

/** In Chinese, by kind: training/doctor_findings.py has the English sentences. */
const CHINESE = {
  dead_units: [
    "第 {layer} 个隐藏层有 {share} 的神经元对全部 {images} 幅图像都输出 0（神经元失活）。",
    "请将学习率降到十分之一，或改用 leaky_relu。",
  ],
  saturated_units: [
    "第 {layer} 个隐藏层有 {share} 的神经元对几乎全部 {images} 幅图像都处于 {activation} 的极限值（神经元饱和）。",
    "请将输入缩放到 0 … 1，将学习率降到十分之一，或改用 relu。",
  ],
  vanishing_gradients: ["从输出层回到第 1 个隐藏层，梯度缩小到 {ratio}（梯度消失）。", "请改用 relu，或减少隐藏层。"],
  exploding_gradients: [
    "从输出层回到第 1 个隐藏层，梯度增大到 {ratio} 倍（梯度爆炸）。",
    "请使用默认的初始化方法，或将梯度的范数限制为 1。",
  ],
  large_updates: ["在 {images} 幅图像之内，某一层的权重变化了 {change}（更新过大）。", "请将学习率降到十分之一。"],
  small_updates: ["在 {images} 幅图像之内，各层权重的变化都不超过 {change}（更新过小）。", "请将学习率提高到十倍。"],
  high_first_loss: [
    "第一步之前的损失为 {loss}；若各类的输出相等，则应为 {equal}。",
    "请使用默认的初始化方法，并使输入在 0 与 1 之间。",
  ],
  unscaled_inputs: ["输入的取值在 {low} 与 {high} 之间（输入未缩放）。", "请将其缩放到 0 … 1（默认值）。"],
  sorted_labels: [
    "有 {share} 的图像与前一幅标签相同，随机排列时应为 {chance}（标签有序）。",
    "请在每一轮打乱图像的顺序（默认值）。",
  ],
  overfitting: [
    "训练图像有 {training} 分类正确，而验证图像只有 {validation}（过拟合）。",
    "请增加图像，或使用数据增强、Dropout、早停。",
  ],
  underfitting: [
    "训练结束时，训练图像只有 {training} 分类正确（欠拟合）。",
    "请增加神经元或轮数，或使用默认的学习率与损失函数。",
  ],
  missing_class: [
    "查看了各类共 {images} 幅训练图像，从未被预测的类别：{classes}。",
    "若没有其他问题，请检查这一类的标签和图像数量。",
  ],
};

/** Makes an item for each finding. */
export function findingsOf(findings) {
  const isEnglish = document.documentElement.lang === "en";
  return findings.map(({ kind, epoch, template, values, advice, link }) => {
    const [found, wayOut] = (!isEnglish && CHINESE[kind]) || [template, advice];
    return make("li", {},
      make("b", {}, say("Epoch {epoch}: {finding}", { epoch, finding: say(found, values) })),
      ` ${wayOut} `,
      linkTo(isEnglish ? link : link.replace("howto/", "zh/howto/")));
  });
}

/** A link to a page of the documentation, or the path of its file where no site has it. */
function linkTo(page) {
  return /^https?:/.test(page)
    ? make("a", { href: page, target: "_blank", rel: "noreferrer" }, say("Read more"))
    : make("code", {}, page);
}
