"""Names of persons: what they look like, and where they stand in a message.

A name is a surname with one or two further characters. Words begin with the characters of surnames too, so a name needs
a sign of one: a title, a role before it, or that its further characters are those of given names.
"""

from __future__ import annotations

from typing import Final

HAN: Final = r"\u3400-\u4dbf\u4e00-\u9fff"
"""The Chinese characters, in a class of a regular expression."""

_DOTS = "·•‧・･∙⋅●"
_COMPOUND_SURNAME = (
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳|公冶|申屠|公孙|慕容|仲孙|钟离"
    "|长孙|宇文|司徒|鲜于|司空|令狐|第五|呼延|纳兰|轩辕|百里|拓跋|完颜|叶赫|淳于|单于|东郭|南门|西门|左丘|梁丘|公西|微生|耶律"
)
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方"
    "白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝"
    "包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费"
    "卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝仉亓逄缑郄妫乜佴笪晁厍亢幸鱼火冼隗盖员区朴繁种"
    "訾郗阚常赖贡邸卿尧伏茅杭洪诸湛昝花奚狄贝滑郦雍濮扶堵宰璩暨钭历戎羿宓蓬郏浦闻莘翦束慎桓公蓟厉逯浑家满弘匡国广阙殳沃利蔚越夔隆阴丰伊衡步都"
    "陳張劉楊黃趙吳孫馬羅鄭謝韓蕭許葉蔣賈譚鄒鄧馮蘇魏呂盧鍾陸龍錢嚴顧賴龔萬"
)
_SURNAME = f"(?:{_COMPOUND_SURNAME}|[{_SURNAMES}])"
_MASK = "*＊×✕○●〇某XxＸ"
_GIVEN = rf"[\s\-]?(?:[{HAN}]{{1,2}}|[{_MASK}]{{1,3}}|[{HAN}][{_MASK}]|[{_MASK}][{HAN}])"
_LATIN_NAME = (
    "(?=[A-Z])(?!QQ|APP|VIP|ID|WIFI|SIM|ETC|POS|ATM|PLUS|PRO|App|Plus|Pro|Max)"
    "(?:[A-Z][a-z]{1,15}|[A-Z]{2,15})(?:[ ·./-][A-Z][A-Za-z]{0,15}){0,2}"
)
# Words of offers that begin like a name.
_WORDS = (
    "家长|家属|家人|家具|家电|车主|车辆|车险|高额|高考|高端|高新|高级|时尚|时间|应届|金牌|金秋|金融|方便|万能|安心|安全|安康|温馨|常见|常用|关于|关注|关爱|白领|马上|花呗|平台|平安|国庆"
    "|国家|国际|国内|明天|明日|明早|明晚|明年|全场|全国|全新|全部|包邮|包裹|乐享|周年|周末|周一|周二|周三|周四|周五|周六|周日|元旦|元宵|宝贝|宝宝|水电|商家|商户|党员|权益|成功|成为|成人"
    "|项目|区域|查询|查看|查收|支付|支持|解除|解决|管家|管理|单位|单号|路边|海外|通知|广告|广大|公司|公告|公积|幸运|何时|于是|于本|于今|施工|严重|严禁|万元|百元|百万|强势|利息|利率|钱包"
    "|贷款|景区|古镇|黄金|白酒|红包|银行|房产|房屋|石油|雷达|云端|云服|步行|第一|第二|第三|第四|第六|第七|第八|第九|第十|向您|和您|毕业|党建|温度|康复|康乐|乐园|元素|明星|明显|易信|方正"
    "|石化|利润|丰富|阳光|阳台|雷锋|胡同|空调|同城|席位|连续|苏宁|江苏|江南|江北|谷歌|章程|伍佰|陆续|陆军|海军|海信|海尔|沙发|余额|龙头|黄牛|牛市|马年|羊年|蓝天|蓝光|白天"
)
WORDS: Final = frozenset(_WORDS.split("|"))
"""Words of offers that begin like a name: what begins with one is not a name."""

# Compound surnames that are no word of an offer either.
_AMBIGUOUS = frozenset(["东方", "第五", "百里", "南门", "西门", "单于", "司空", "公西", "东郭"])
_PLAIN_COMPOUNDS = "|".join(each for each in _COMPOUND_SURNAME.split("|") if each not in _AMBIGUOUS)
_GIVEN_CHARACTERS = (
    "伟芳娜敏静强磊洋艳勇杰娟涛超霞刚鹏婷雪琳晨宇凯倩峰颖莹昊岚瑾子雨梓晓志建文思佳欣海俊若诗一嘉春秀玉国泽浩宛沐清亦书景涵轩萱怡宁明华兰英梅军平辰"
    "桐妍彤航睿琪岩峥瑶然溪蓉霖珂翎丽红燕玲萍莉琴云凤桂珍凡龙虎波斌彬博灿昌畅诚川翠丹德栋东恩帆飞菲芬锋福歌根冠光贵翰豪恒宏鸿焕辉惠慧吉继健江娇捷晶"
    "菊君钧骏康可坤乐蕾力立利莲良林凌隆璐洛曼茂美萌梦铭木楠妮培佩沛朋奇启千谦青庆秋泉群仁荣融茹瑞润森善尚绍升胜圣淑爽顺松嵩素天甜庭廷婉威巍维炜卫玮"
    "雯武希熙曦喜夏贤显香祥翔向笑鑫馨信星兴雄旭学雅亚炎彦阳耀业晔仪依宜艺义毅盈映永佑瑜语育钰煜裕园元源圆媛远悦跃芸允韵展昭哲真振镇正芝知智忠竹珠宗"
    "祖曉嵐偉麗國豪傑貞鳳儀瑩"
)
# Surnames that are no word of an offer.
_PLAIN_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范廖贾韦付傅邹孟熊秦邱尹薛闫阎"
    "段侯龙史陶黎贺顾毛郝龚邵严覃武戴莫孔汤康施牛樊葛邢齐乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿兰焦俞左柳甘祝宁尚符舒阮柯纪梅童凌毕裴霍涂苗谷盛曲翁冉骆蓝"
    "游辛靳柴蒙鲍喻祁蒲房滕屈饶解牟陳張劉楊黃趙吳孫馬羅鄭謝韓蕭許葉蔣賈譚鄒"
)
_ROLE_ENDS = "人员生师户友长工客主方妈爸哥姐弟妹机手好由给请知告系喜谢迎醒邀代帮属宾"
_FUNCTION = f"请由给向是叫和与及为让找催对跟被把的同送接陪们{_ROLE_ENDS}"
_BEHIND = (
    "(?=$|[\\s,，:：!！。;；、/()（）您你已将获收来刚今明昨等的在于与和户]|先生|女士|小姐|太太|同学|老师|经理|律师|师傅|家长|生日|邀请|正在|本人|名下|一家|预约|代收"
    "|尽快|驾驶|为您|给您|拒接|电话|手机|快来)"
)
_BEGINS = rf"(?=[{_SURNAMES}{''.join(dict.fromkeys(each[0] for each in _COMPOUND_SURNAME.split('|')))}{_MASK}A-Z])"
_PERSON = (
    rf"{_BEGINS}(?P<name>[{_SURNAMES}](?:[{_SURNAMES}][{HAN}]{{1,2}}|{_GIVEN}|[A-Z][a-z]{{2,12}})|(?:{_COMPOUND_SURNAME}){_GIVEN}"
    rf"|[{_MASK}]{{1,2}}[{HAN}]{{1,2}}|{_LATIN_NAME})"
)
_TITLE = (
    "(?:先生|女士|小姐|太太|同学|老师|经理|律师|法官|警官|医生|主任|顾问|专员"
    "|师傅|家长|同志|阿姨|叔叔|妈妈|爸爸|奶奶|爷爷|教授|护士|民警|店长|校长|院长)"
)
_READER = "(?:客户|用户|顾客|会员|业主|车主|家长|学员|旅客|乘客|朋友)"
_OF_A_PERSON = (
    "(?:姓名|户名|机主|业主|车主|患者|原告|被告|[件货系机款保养托请表取收约房住]人|人|乘客"
    "|旅客|司机|骑手|[递件送]员|亲属|邻居|嘉宾|考生|学生|住户|租客)"
)
_THINGS = "(?:快递|包裹|快件|订单|外卖|货物|邮件)"


_BEHIND_A_ROLE = (
    rf"([{_ROLE_ENDS}][:：,，]?\s{{0,2}}){_BEGINS}(?P<name>[{_SURNAMES}](?:[{_GIVEN_CHARACTERS}]{{1,2}}"
    rf"|[\s\-][{HAN}]{{1,2}}|[{_MASK}]{{1,2}}|[{_SURNAMES}][{_GIVEN_CHARACTERS}]{{1,2}})"
    rf"|(?:{_COMPOUND_SURNAME}){_GIVEN}|[{_MASK}]{{1,2}}[{HAN}]{{1,2}}|{_LATIN_NAME}){_BEHIND}"
)

PATTERNS: Final[tuple[tuple[str, str, tuple[str, ...], str], ...]] = (
    (rf"[{HAN}]{{1,6}}[{_DOTS}][{HAN}]{{1,8}}", "", (_DOTS,), ""),
    (
        rf"((?:尊敬|亲爱|敬爱)的)(?!{_READER}){_PERSON}(?=[\s,，:：!！。]|$|[您你]|{_TITLE}|{_READER})",
        r"\1",
        ("敬亲",),
        "",
    ),
    (
        rf"(?:[{_SURNAMES}*][{HAN}*]{{0,2}}?|(?:{_COMPOUND_SURNAME})[{HAN}*]{{0,2}}?)(?={_TITLE})",
        "",
        ("生士姐太学师理官任问员傅长志姨叔妈爸奶爷授护警",),
        _TITLE,
    ),
    (rf"({_OF_A_PERSON}[:：]\s{{0,2}})(?:{_PERSON}|[{HAN}*]{{2,4}})", r"\1", (":：",), ""),
    (
        rf"([】\]〕]){_PERSON}(?=[,，:：!！]?\s?[您你]|的{_THINGS}|[,，:：/])",
        r"\1",
        ("您你的,，:：/",),
        "",
    ),
    (
        _BEHIND_A_ROLE,
        r"\1",
        (_ROLE_ENDS,),
        "",
    ),
    (
        rf"[{_PLAIN_SURNAMES}](?:(?<![{HAN}【\[〔「].)|(?<=[{_FUNCTION}].))[{_GIVEN_CHARACTERS}]{{2}}",
        "",
        (_PLAIN_SURNAMES, _GIVEN_CHARACTERS),
        "",
    ),
    (
        rf"[{_SURNAMES}](?<![{HAN}A-Za-z0-9【\[〔「].)[{_GIVEN_CHARACTERS}]{{1,2}}{_BEHIND}",
        "",
        (_SURNAMES, _GIVEN_CHARACTERS),
        "",
    ),
    (
        rf"(?:{_PLAIN_COMPOUNDS})(?:[{_GIVEN_CHARACTERS}]{{1,2}}|[{_MASK}]{{1,2}})",
        "",
        (_PLAIN_COMPOUNDS,),
        _PLAIN_COMPOUNDS,
    ),
)
"""Of each: the pattern, what stays of a match, the sets of characters of which it needs one each, and a pattern that is
found faster and without which it does not match. A text begins with `】`, as behind a signature. The group `name`, or
else the match, begins with the name."""
