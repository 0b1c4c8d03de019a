"""What people of the demonstration complain of: sentences by category, seasons, weights."""

# Sentences per category; {keyword} and {place} are filled in. Categories without their own
# sentences take the general ones with a keyword of theirs.
SENTENCES = {
    "0101": ["家里停水半天了，{place}都没水，什么时候能来？", "水压太小，三楼以上洗澡都出不来水。"],
    "0102": [
        "{place}又停电了，家里老人用制氧机，很着急。",
        "最近一个星期断了三次电，今早又跳闸了。",
        "电压不稳，灯一闪一闪的，冰箱都不敢开。",
    ],
    "0103": ["燃气灶打不着火，表上显示有余额。", "{place}停气了，中午做不了饭。"],
    "0104": ["楼道里有一股燃气味，怕是漏气了。"],
    "0105": [
        "暖气不热，室温只有十四度，家里有老人。",
        "供暖以后北屋一直是凉的，放气也没用。",
        "暖气管漏水，楼下都淹了。",
    ],
    "0201": ["物业费照收，楼道半个月没人打扫。", "保安晚上不在岗，谁都能进来。"],
    "0202": ["顶楼屋顶漏雨，维修资金怎么申请？", "外墙渗水，一下雨墙皮就鼓。"],
    "0203": ["下水道堵了，污水往外返，味道很大。", "化粪池满了，一楼厕所返水。"],
    "0204": ["电梯坏了两天，老人上不了楼。"],
    "0301": ["路口井盖没了，晚上骑车太危险。", "井盖松动，车一过就响，夜里睡不着。"],
    "0302": ["路面塌了个大坑，已经有人摔倒。"],
    "0303": ["下雨就积水，雨水篦子堵住了。"],
    "0304": ["{place}的路灯坏了好几盏，晚上一片黑。", "路灯白天亮晚上不亮。"],
    "0401": ["垃圾桶满了三天没人收，招苍蝇。"],
    "0405": ["工地夜里十二点还在施工，孩子睡不好。", "广场舞音响太吵，能不能小点声？"],
    "0501": ["早市占道，救护车都进不来。"],
    "0503": ["小区车位不够，晚上回来没地方停。"],
    "0504": ["消防通道停满了车，万一着火怎么办？"],
    "0505": ["电动车充电桩坏了一半，大家又开始飞线充电。"],
    "0602": ["楼道里堆了旧家具，还有人把电瓶推上楼充电。"],
    "0701": ["楼上漏水说不通，想请社区帮忙调解。"],
    "0705": ["工地拖了两个月工资没发。"],
    "0801": ["养老保险怎么缴？老人不会用手机。", "保费交过了，手机上查不到。"],
    "0803": ["家里有重病人，想问低保怎么申请。"],
    "0807": ["老人行动不便，资格认证能不能上门办？"],
    "0901": ["食堂能不能送餐上门？母亲半失能，下不了楼。"],
    "0903": ["邻居老人独居，两天没见出门，请去看看。"],
    "1001": ["村里生产路一下雨就泥泞，三轮车过不去。"],
    "1002": ["浇地的机井坏了，麦子等水。"],
    "1004": ["村口柴草垛和粪堆没人清。"],
    "1101": ["超市买到过期牛奶，老板不给退。"],
    "1201": ["办居住证要带什么材料？在哪个窗口？"],
    "1202": ["网格员小张帮我母亲跑了三趟医保，谢谢！", "建议小区门口加一条长椅。"],
}
GENERAL = [
    "{place}这边{keyword}的事，麻烦来人看一下。",
    "反映一下{keyword}的问题，已经好几天了。",
    "{keyword}，打了几次电话没人管，请帮忙协调。",
]
# How often a category comes up; what is not named weighs 1.
WEIGHTS = {
    "0105": 9, "0102": 6, "0101": 5, "0203": 5, "0304": 4, "0201": 6, "0503": 5, "0401": 4,
    "0405": 4, "1201": 8, "1202": 3, "0801": 4, "0202": 3, "0301": 2, "0104": 0.3, "0205": 0.2,
    "0601": 0.3, "0704": 0.2, "0703": 0.4, "1299": 2,
}  # fmt: skip
# Categories of a season, by month: heating in winter, water and drains in summer.
SEASONS = {
    "0105": {1: 3, 2: 2.5, 3: 1.5, 11: 3, 12: 3},
    "0303": {6: 2, 7: 4, 8: 4},
    "0604": {7: 3, 8: 3, 1: 2, 12: 2},
    "0407": {6: 4, 10: 4},
    "0801": {10: 3, 11: 4, 12: 4},
    "1002": {4: 3, 5: 3, 6: 2},
    "0906": {8: 4, 9: 3},
}
RURAL_ONLY = {"1001", "1002", "1003", "1004", "1005", "0407"}
URBAN_ONLY = {"0201", "0204", "0205", "0206", "0503", "0505", "0103"}

RESULTS = [
    "已到现场处理好，和住户当面确认过。",
    "更换了损坏的部件，试用正常。",
    "已清理疏通，安排每周巡查一次。",
    "已上门办妥，材料当面交还。",
    "和相关单位协调后恢复正常，后续有人跟进。",
]
FINDINGS = ["现场看过，需要更换零件。", "初步判断是线路老化。", "已做好围挡，等待维修。"]
CONTRACTORS = ["已联系抢修队", "已通知维保单位", "已叫施工班组"]
RETURN_REASONS = ["经查不属于我单位管辖范围。", "产权不在我方，建议转相关单位。"]
QUESTIONS = ["请问具体是哪栋楼？", "什么时候方便上门？"]
WORDS = ["已电话联系，约好上门时间。", "已说明情况和办理时间。"]
ANSWERS = ["3号楼2单元。", "白天家里有人。"]
DISPUTES = ["修了一天又坏了。", "没人来过，问题还在。", "只好了一半。"]


def sentence(chance, category, place):
    """Return what somebody would say about this category in this place."""
    choices = SENTENCES.get(category.code) or GENERAL
    keyword = chance.choice(category.keywords) if category.keywords else category.name
    return chance.choice(choices).format(place=place, keyword=keyword)


def weight(category, month, is_estate):
    """Return how likely this category is in a month in town or country."""
    if category.code in (URBAN_ONLY if not is_estate else RURAL_ONLY):
        return 0
    season = SEASONS.get(category.code)
    factor = season.get(month, 0.25) if season else 1
    return WEIGHTS.get(category.code, 1) * factor
